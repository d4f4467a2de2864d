import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { PartyPopper } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Gap } from '@/api/types'
import { useFormat } from '@/lib/use-format'
import { Button } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { useDismissGap } from './mutations'
import { gapsQuery } from './queries'
import { GAP_STATES } from './search'

const GapDialog = lazy(() => import('./document-dialog').then((file) => ({ default: file.GapDialog })))

const chipClass =
  'inline-flex h-11 items-center rounded-full border border-line-strong px-3 text-sm font-medium text-fg-muted hover:bg-surface-2 aria-pressed:border-brand aria-pressed:bg-brand-soft aria-pressed:text-brand md:h-9'

/** What contacts asked and no document answers, the most asked first. */
export function Gaps({ editable }: { editable: boolean }) {
  const { t } = useTranslation('knowledge')
  const [state, setState] = useState<Gap['state']>('open')
  const [answering, setAnswering] = useState<Gap | null>(null)
  const query = useInfiniteQuery(gapsQuery(state))
  const items = query.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-48 flex-1 text-fg-muted">{t('gap.detail')}</p>
        <fieldset className="flex flex-wrap gap-1">
          <legend className="sr-only">{t('gap.show')}</legend>
          {GAP_STATES.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={state === each}
              onClick={() => setState(each)}
              className={chipClass}
            >
              {t(`gap.state.${each}`)}
            </button>
          ))}
        </fieldset>
      </div>
      {query.isPending && <Loading rows={2} />}
      {query.isError && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && items.length === 0 && (
        <div className="rounded-card border bg-surface">
          <EmptyState
            icon={PartyPopper}
            title={t(`gap.empty.${state}`)}
            {...(state === 'open' ? { detail: t('gap.emptyDetail') } : {})}
          />
        </div>
      )}
      {items.length > 0 && (
        <ul aria-label={t('part.gaps')} className="divide-y rounded-card border bg-surface">
          {items.map((gap) => (
            <GapRow key={gap.id} gap={gap} editable={editable} onAnswer={() => setAnswering(gap)} />
          ))}
        </ul>
      )}
      {query.hasNextPage && (
        <div className="flex justify-center">
          <Button variant="ghost" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {query.isFetchingNextPage ? t('loadingMore') : t('loadMore')}
          </Button>
        </div>
      )}
      <Suspense>{answering && <GapDialog gap={answering} onClose={() => setAnswering(null)} />}</Suspense>
    </>
  )
}

interface RowProps {
  gap: Gap
  editable: boolean
  onAnswer: () => void
}

function GapRow({ gap, editable, onAnswer }: RowProps) {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  const dismiss = useDismissGap()
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3" data-testid="gap">
      <div className="min-w-48 flex-1">
        <p className="font-medium break-words">{gap.question}</p>
        <p className="text-sm text-fg-muted tabular-nums">
          {t('gap.count', { count: gap.count })} · {t('gap.last', { when: format.brief(gap.last_asked_at) })}
        </p>
      </div>
      {gap.document_id && (
        <Link to="/knowledge" search={{ document: gap.document_id }} className="text-brand underline">
          {t('gap.seeAnswer')}
        </Link>
      )}
      {editable && gap.state !== 'answered' && (
        <div className="flex gap-2">
          {gap.state === 'open' && (
            <Button variant="ghost" size="sm" busy={dismiss.isPending} onClick={() => dismiss.mutate(gap.id)}>
              {t('gap.dismiss')}
            </Button>
          )}
          <Button size="sm" data-testid="gap-answer" onClick={onAnswer}>
            {t('gap.answer')}
          </Button>
        </div>
      )}
    </li>
  )
}
