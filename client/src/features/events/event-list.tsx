import { useInfiniteQuery } from '@tanstack/react-query'
import { Inbox, SearchX } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useCan } from '@/lib/use-me'
import { Button } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { EventFilters } from './event-filters'
import { EventRow } from './event-row'
import { eventsQuery } from './queries'
import { ReplayAll } from './replay-all'
import { type EventsSearch, filtersOf } from './search'
import { useChannelName } from './use-channel-name'

interface Props {
  search: EventsSearch
  onSearch: (search: EventsSearch) => void
}

export function EventList({ search, onSearch }: Props) {
  const { t } = useTranslation('events')
  const mayReplay = useCan('operations:write')
  const nameOf = useChannelName()
  const filters = filtersOf(search)
  const query = useInfiniteQuery(eventsQuery(filters))
  const items = query.data?.pages.flatMap((page) => page.items) ?? []
  const filtered = Object.values(filters).some(Boolean)
  return (
    <>
      <EventFilters search={search} onSearch={onSearch} />
      {query.isPending && <Loading rows={2} />}
      {query.isError && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && items.length === 0 && (
        <div className="rounded-card border bg-surface">
          {filtered ? (
            <EmptyState
              icon={SearchX}
              title={t('nothingMatches')}
              action={
                <Button variant="secondary" onClick={() => onSearch({})}>
                  {t('clear')}
                </Button>
              }
            />
          ) : (
            <EmptyState icon={Inbox} title={t('emptyTitle')} detail={t('emptyDetail')} />
          )}
        </div>
      )}
      {items.length > 0 && (
        <>
          {mayReplay && (
            <div className="flex justify-end empty:hidden">
              <ReplayAll search={search} />
            </div>
          )}
          <ul aria-label={t('list')} className="divide-y overflow-hidden rounded-card border bg-surface">
            {items.map((event) => (
              <EventRow key={event.id} event={event} channel={nameOf(event.channel_id)} />
            ))}
          </ul>
        </>
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
