import { useInfiniteQuery } from '@tanstack/react-query'
import { LibraryBig, SearchX } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { isLive } from '@/lib/realtime/live'
import { Button } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { DocumentFilters } from './document-filters'
import { DocumentRow } from './document-row'
import { isWorked } from './document-state'
import { documentsQuery } from './queries'
import { filtersOf, type KnowledgeSearch } from './search'

const ASK_EVERY = 5_000

interface Props {
  search: KnowledgeSearch
  onSearch: (search: KnowledgeSearch) => void
  editable: boolean
}

export function DocumentList({ search, onSearch, editable }: Props) {
  const { t } = useTranslation('knowledge')
  const filters = filtersOf(search)
  const query = useInfiniteQuery({
    ...documentsQuery(filters),
    // Events tell of the stages; without a socket somebody has to ask.
    refetchInterval: ({ state: { data } }) =>
      !isLive() && data?.pages.some((page) => page.items.some(isWorked)) ? ASK_EVERY : false,
  })
  const items = query.data?.pages.flatMap((page) => page.items) ?? []
  const filtered = Object.values(filters).some(Boolean)
  return (
    <>
      {(items.length > 0 || filtered) && <DocumentFilters search={search} onSearch={onSearch} />}
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
            <EmptyState
              icon={LibraryBig}
              title={t('emptyTitle')}
              detail={editable ? t('emptyDetail') : t('emptyReader')}
            />
          )}
        </div>
      )}
      {items.length > 0 && (
        <ul aria-label={t('list')} className="divide-y overflow-hidden rounded-card border bg-surface">
          {items.map((document) => (
            <DocumentRow key={document.id} document={document} />
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
