import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { FlaskConical, Play, Plus } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Assistant, TestCase } from '@/api/types'
import { useCost } from '@/lib/use-cost'
import { useFormat } from '@/lib/use-format'
import { Button } from '@/ui/button'
import { Card } from '@/ui/card'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { EmptyState } from '@/ui/empty-state'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { More } from '@/ui/more'
import { Notice } from '@/ui/notice'
import { CaseRow } from './case-row'
import { useCancelRun, useStartRun } from './mutations'
import { casesQuery, estimateQuery, runQuery, runsQuery } from './queries'
import { isRunning, RunProgress } from './run-progress'

const CaseDialog = lazy(() => import('./case-dialog'))

/** What a draft has to get right, and how the last run went. */
export function TestsTab({ assistant, editable }: { assistant: Assistant; editable: boolean }) {
  const { t } = useTranslation(['assistant', 'ui'])
  const cases = useInfiniteQuery(casesQuery(assistant.id))
  const latest = useQuery(runsQuery(assistant.id)).data?.[0]
  const run = useQuery({ ...runQuery(latest?.id ?? ''), enabled: latest !== undefined }).data
  const start = useStartRun(assistant.id)
  const cancel = useCancelRun(assistant.id)
  const [editing, setEditing] = useState<TestCase | 'new' | null>(null)
  const [asking, setAsking] = useState(false)
  const items = cases.data?.pages.flatMap((page) => page.items) ?? []
  const running = run !== undefined && isRunning(run)
  return (
    <Card
      title={t('tests.title')}
      detail={t('tests.detail', { rate: assistant.pass_rate })}
      aside={
        editable && (
          <div className="flex flex-wrap justify-end gap-2">
            <Button variant="secondary" data-testid="case-new" onClick={() => setEditing('new')}>
              <Plus size={16} aria-hidden />
              {t('tests.add')}
            </Button>
            {items.length > 0 && (
              <Button data-testid="run-all" disabled={running} busy={start.isPending} onClick={() => setAsking(true)}>
                <Play size={16} aria-hidden />
                {t('tests.run')}
              </Button>
            )}
          </div>
        )
      }
    >
      <div className="flex flex-col gap-4">
        {start.isError && <ErrorState error={start.error} />}
        {run && (
          <section aria-label={t('run.label')} className="flex flex-wrap items-center gap-3">
            <div className="min-w-48 flex-1">
              <RunProgress run={run} />
            </div>
            {running && editable && (
              <Button variant="ghost" busy={cancel.isPending} onClick={() => cancel.mutate(run.id)}>
                {t('ui:cancel')}
              </Button>
            )}
          </section>
        )}
        {run?.stale && !running && <Notice tone="warn">{t('run.stale')}</Notice>}
        {cases.isPending && <Loading rows={2} />}
        {cases.isError && !cases.data && <ErrorState error={cases.error} onRetry={() => void cases.refetch()} />}
        {cases.data && items.length === 0 && (
          <EmptyState icon={FlaskConical} title={t('tests.emptyTitle')} detail={t('tests.emptyDetail')} />
        )}
        <ul aria-label={t('tests.title')} className="divide-y rounded-card border empty:hidden">
          {items.map((item) => (
            <CaseRow
              key={item.id}
              item={item}
              results={run?.results.filter(({ test_id }) => test_id === item.id) ?? []}
              editable={editable}
              onEdit={() => setEditing(item)}
            />
          ))}
        </ul>
        {cases.hasNextPage && <More query={cases} />}
      </div>
      {asking && (
        <RunDialog
          assistantId={assistant.id}
          onClose={() => setAsking(false)}
          onRun={() => {
            setAsking(false)
            start.mutate()
          }}
        />
      )}
      {editing && (
        <Suspense>
          <CaseDialog
            assistantId={assistant.id}
            {...(editing === 'new' ? {} : { known: editing })}
            onClose={() => setEditing(null)}
          />
        </Suspense>
      )}
    </Card>
  )
}

interface RunProps {
  assistantId: string
  onRun: () => void
  onClose: () => void
}

/** What it would cost, before it does. */
function RunDialog({ assistantId, onRun, onClose }: RunProps) {
  const { t } = useTranslation('assistant')
  const format = useFormat()
  const cost = useCost()
  const query = useQuery(estimateQuery(assistantId))
  const guess = query.data
  const price = guess && (cost(guess.cost_micro_usd, guess.cost_micro_brl) ?? t('run.unknownPrice'))
  return (
    <ConfirmDialog
      open
      title={t('run.title')}
      description={
        guess
          ? t('run.estimate', { count: guess.cases, tokens: format.number(guess.tokens), cost: price })
          : t('run.estimating')
      }
      action={t('tests.run')}
      error={query.isError && <ErrorState error={query.error} />}
      onClose={onClose}
      onConfirm={onRun}
    />
  )
}
