import { CircleCheck, CircleX } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { TestRun } from '@/api/types'
import { useCost } from '@/lib/use-cost'
import { useFormat } from '@/lib/use-format'
import { Badge } from '@/ui/badge'
import { Meter } from '@/ui/meter'

export const isRunning = ({ state }: Pick<TestRun, 'state'>): boolean => state === 'queued' || state === 'running'

/** How far a run is, how it fares, and what it has cost by now. */
export function RunProgress({ run }: { run: TestRun }) {
  const { t } = useTranslation('assistant')
  const format = useFormat()
  const cost = useCost()
  const words = t('run.progress', { done: format.number(run.done), total: format.number(run.total) })
  const spent = [
    t('tokens', { count: run.tokens, value: format.number(run.tokens) }),
    cost(run.cost_micro_usd, run.cost_micro_brl),
  ].filter(Boolean)
  return (
    <div className="flex flex-col gap-2" data-testid="run" data-state={run.state}>
      {isRunning(run) && (
        <Meter progress label={t('run.label')} share={run.total ? run.done / run.total : 0} valueText={words} />
      )}
      <p className="flex flex-wrap items-center gap-2 tabular-nums">
        <Badge tone="ok" icon={<CircleCheck size={14} aria-hidden />}>
          {t('run.passed', { count: run.passed })}
        </Badge>
        {run.failed > 0 && (
          <Badge tone="danger" icon={<CircleX size={14} aria-hidden />}>
            {t('run.failed', { count: run.failed })}
          </Badge>
        )}
        {run.published_passed !== null && (
          <span className="text-sm text-fg-muted">
            {t('run.before', { passed: format.number(run.published_passed) })}
          </span>
        )}
        <span className="text-sm text-fg-muted">
          {isRunning(run) ? words : t(`run.state.${run.state}`)} · {spent.join(' · ')}
        </span>
      </p>
    </div>
  )
}
