import { useInfiniteQuery } from '@tanstack/react-query'
import { Inbox } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useCan } from '@/lib/use-me'
import { EmptyState } from '@/ui/empty-state'
import { NothingMatches } from '@/ui/nothing-matches'
import { PagedList } from '@/ui/paged-list'
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
  const empty = Object.values(filters).some(Boolean) ? (
    <NothingMatches title={t('nothingMatches')} onClear={() => onSearch({})} />
  ) : (
    <EmptyState icon={Inbox} title={t('emptyTitle')} detail={t('emptyDetail')} />
  )
  return (
    <>
      <EventFilters search={search} onSearch={onSearch} />
      {mayReplay && query.data?.pages.some((page) => page.items.length > 0) && (
        <div className="flex justify-end empty:hidden">
          <ReplayAll search={search} />
        </div>
      )}
      <PagedList query={query} label={t('list')} empty={empty}>
        {(event) => <EventRow key={event.id} event={event} channel={nameOf(event.channel_id)} />}
      </PagedList>
    </>
  )
}
