import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useShortcut } from '@/lib/shortcuts'
import { ErrorState } from '@/ui/error-state'
import { More } from '@/ui/more'
import { ConversationRow } from './conversation-row'
import { ListEmpty } from './list-empty'
import { ListFilters } from './list-filters'
import { neighbour, setListOrder } from './list-order'
import { ListSkeleton } from './list-skeleton'
import { conversationsQuery } from './queries'
import { filtersOf, type InboxSearch } from './search'

export function ConversationList({ search }: { search: InboxSearch }) {
  const { t } = useTranslation('inbox')
  const navigate = useNavigate()
  const openId = useParams({ strict: false }).conversationId
  const filters = useMemo(() => filtersOf(search), [search])
  const query = useInfiniteQuery(conversationsQuery(filters))
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])

  useEffect(() => setListOrder(items.map((item) => item.id)), [items])
  const go = (step: 1 | -1) => {
    const id = neighbour(openId, step)
    if (!id) return
    void navigate({ to: '/inbox/$conversationId', params: { conversationId: id }, search: (before) => before })
    document.querySelector(`[data-conversation-id="${id}"]`)?.scrollIntoView({ block: 'nearest' })
  }
  useShortcut('next', 'j', () => go(1))
  useShortcut('previous', 'k', () => go(-1))

  const { hasNextPage, fetchNextPage } = query
  const end = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const target = end.current
    if (!target || !hasNextPage) return
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && void fetchNextPage(), {
      rootMargin: '400px',
    })
    observer.observe(target)
    return () => observer.disconnect()
  }, [hasNextPage, fetchNextPage])

  return (
    <section aria-label={t('list')} className="flex h-full min-h-0 flex-col">
      <h1 className="sr-only">{t('title')}</h1>
      <ListFilters search={search} />
      <div className="h-0.5">{query.isRefetching && <div className="appear-late h-full bg-brand" />}</div>
      <div className="min-h-0 flex-1 overflow-y-auto">
        {query.isPending && <ListSkeleton />}
        {query.isError && !query.data && (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} className="m-3" />
        )}
        {query.data && items.length === 0 && <ListEmpty search={search} />}
        {items.length > 0 && (
          <ul aria-label={t('list')}>
            {items.map((conversation) => (
              <ConversationRow key={conversation.id} conversation={conversation} />
            ))}
          </ul>
        )}
        {hasNextPage && (
          <div ref={end} className="flex justify-center p-3">
            <More query={query} size="sm" />
          </div>
        )}
      </div>
    </section>
  )
}
