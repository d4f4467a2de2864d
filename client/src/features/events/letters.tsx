import { useInfiniteQuery } from '@tanstack/react-query'
import { PartyPopper } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { LetterRow } from './letter-row'
import { lettersQuery } from './queries'

interface Props {
  closed: boolean
  onClosed: (closed: boolean) => void
}

const chipClass =
  'inline-flex h-11 items-center rounded-full border border-line-strong px-3 text-sm font-medium text-fg-muted hover:bg-surface-2 aria-pressed:border-brand aria-pressed:bg-brand-soft aria-pressed:text-brand md:h-9'

/** What failed for good, until a person has it done again or lets it go. */
export function Letters({ closed, onClosed }: Props) {
  const { t } = useTranslation('events')
  const query = useInfiniteQuery(lettersQuery(closed ? 'closed' : 'open'))
  const items = query.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-48 flex-1 text-fg-muted">{t('letters.detail')}</p>
        <fieldset className="flex gap-1">
          <legend className="sr-only">{t('letters.show')}</legend>
          {[false, true].map((each) => (
            <button
              key={String(each)}
              type="button"
              aria-pressed={closed === each}
              onClick={() => onClosed(each)}
              className={chipClass}
            >
              {each ? t('letters.closed') : t('letters.open')}
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
            title={closed ? t('letters.emptyClosed') : t('letters.emptyOpen')}
            detail={closed ? t('letters.emptyClosedDetail') : t('letters.emptyOpenDetail')}
          />
        </div>
      )}
      {items.length > 0 && (
        <ul aria-label={t('letters.list')} className="divide-y overflow-hidden rounded-card border bg-surface">
          {items.map((letter) => (
            <LetterRow key={letter.id} letter={letter} />
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
    </>
  )
}
