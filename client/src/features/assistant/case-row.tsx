import { CircleCheck, CircleDashed, CircleX, Pencil } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { TestCase, TestResult } from '@/api/types'
import { Badge } from '@/ui/badge'
import { IconButton } from '@/ui/icon-button'

interface Props {
  item: TestCase
  /** Of the last run: on the draft, and maybe on the published version. */
  results: readonly TestResult[]
  editable: boolean
  onEdit: () => void
}

export function CaseRow({ item, results, editable, onEdit }: Props) {
  const { t } = useTranslation('assistant')
  const draft = results.find(({ subject }) => subject === 'draft')
  const published = results.find(({ subject }) => subject === 'published')
  const asked = item.messages.findLast(({ author }) => author === 'contact')?.text ?? ''
  return (
    <li className="flex items-start gap-3 p-3" data-testid="case" data-passed={draft?.passed ?? 'none'}>
      <div className="flex min-w-0 flex-1 flex-col gap-1.5">
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-medium break-words">{item.name}</span>
          <Outcome result={draft} />
          {item.must_pass && <Badge>{t('tests.mustPass')}</Badge>}
          {published && published.passed !== null && (
            <span className="text-sm text-fg-muted">
              {published.passed ? t('tests.publishedPasses') : t('tests.publishedFails')}
            </span>
          )}
        </p>
        {asked !== item.name && <p className="truncate text-fg-muted">{asked}</p>}
        <ul className="flex flex-wrap gap-1.5">
          {item.expectations.map(({ kind, value }) => (
            <li key={`${kind} ${value}`}>
              <Badge tone="neutral" className="max-w-full whitespace-normal">
                {t(`expect.${kind}`)}
                {value && kind !== 'cites_document' && `: ${value}`}
              </Badge>
            </li>
          ))}
        </ul>
        {draft?.failures.map(({ reason }) => (
          <p key={reason} className="text-danger">
            {reason}
          </p>
        ))}
        {draft?.answer && (
          <details>
            <summary className="min-h-6 text-sm text-fg-muted">{t('tests.answer')}</summary>
            <blockquote className="mt-1 border-l-2 border-line-strong pl-3 break-words whitespace-pre-wrap">
              {draft.answer}
            </blockquote>
          </details>
        )}
      </div>
      {editable && (
        <IconButton label={t('tests.edit', { name: item.name })} onClick={onEdit}>
          <Pencil size={16} aria-hidden />
        </IconButton>
      )}
    </li>
  )
}

function Outcome({ result }: { result: TestResult | undefined }) {
  const { t } = useTranslation('assistant')
  if (!result || result.passed === null)
    return (
      <Badge icon={<CircleDashed size={14} aria-hidden />}>{result ? t('tests.pending') : t('tests.notRun')}</Badge>
    )
  return result.passed ? (
    <Badge tone="ok" icon={<CircleCheck size={14} aria-hidden />}>
      {t('tests.passed')}
    </Badge>
  ) : (
    <Badge tone="danger" icon={<CircleX size={14} aria-hidden />}>
      {t('tests.failed')}
    </Badge>
  )
}
