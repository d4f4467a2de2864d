import { useTranslation } from 'react-i18next'
import { ApiError } from '@/api/errors'
import { useFormat } from '@/lib/use-format'
import { Badge } from '@/ui/badge'
import { Notice } from '@/ui/notice'

interface FailedCase {
  test_id: string
  name: string
  must_pass: boolean
  passed_before: boolean | null
  answer: string | null
  reasons: string[]
}

interface Failed {
  kind: 'failed'
  total: number
  passed: number
  passRate: number
  publishedPassed: number | null
  failures: FailedCase[]
}

export type Refusal = Failed | { kind: 'untested'; runId: string }

/** Why a draft was not published, as far as its tests are the cause. */
export function refusalOf(error: unknown): Refusal | null {
  if (!(error instanceof ApiError)) return null
  const { members } = error
  if (error.code === 'tests-failed')
    return {
      kind: 'failed',
      total: Number(members.total),
      passed: Number(members.passed),
      passRate: Number(members.pass_rate),
      publishedPassed: typeof members.published_passed === 'number' ? members.published_passed : null,
      failures: Array.isArray(members.failures) ? (members.failures as FailedCase[]) : [],
    }
  return typeof members.test_run_id === 'string' ? { kind: 'untested', runId: members.test_run_id } : null
}

export function RefusedTests({ refusal }: { refusal: Failed }) {
  const { t } = useTranslation('assistant')
  const format = useFormat()
  const { total, passed, passRate, publishedPassed, failures } = refusal
  return (
    <section className="flex flex-col gap-3" data-testid="refused">
      <Notice tone="danger" role="alert">
        <p className="font-medium">{t('refused.title')}</p>
        <p>
          {t('refused.passed', { passed: format.number(passed), total: format.number(total), rate: passRate })}
          {publishedPassed !== null && ` ${t('refused.before', { passed: format.number(publishedPassed) })}`}
        </p>
      </Notice>
      <ul className="divide-y rounded-card border">
        {failures.map((failure) => (
          <li key={failure.test_id} className="flex flex-col gap-1.5 p-3">
            <p className="flex flex-wrap items-center gap-2">
              <span className="font-medium">{failure.name}</span>
              {failure.must_pass && <Badge tone="danger">{t('tests.mustPass')}</Badge>}
              {failure.passed_before && <Badge tone="warn">{t('refused.passedBefore')}</Badge>}
            </p>
            {failure.reasons.map((reason) => (
              <p key={reason} className="text-danger">
                {reason}
              </p>
            ))}
            {failure.answer && (
              <blockquote className="border-l-2 border-line-strong pl-3 break-words whitespace-pre-wrap text-fg-muted">
                {failure.answer}
              </blockquote>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
