import { useInfiniteQuery } from '@tanstack/react-query'
import { LibraryBig } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { isLive } from '@/lib/realtime/live'
import { EmptyState } from '@/ui/empty-state'
import { NothingMatches } from '@/ui/nothing-matches'
import { PagedList } from '@/ui/paged-list'
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
  const filtered = Object.values(filters).some(Boolean)
  const empty = filtered ? (
    <NothingMatches title={t('nothingMatches')} onClear={() => onSearch({})} />
  ) : (
    <EmptyState icon={LibraryBig} title={t('emptyTitle')} detail={editable ? t('emptyDetail') : t('emptyReader')} />
  )
  return (
    <>
      {(filtered || query.data?.pages.some((page) => page.items.length > 0)) && (
        <DocumentFilters search={search} onSearch={onSearch} />
      )}
      <PagedList query={query} label={t('list')} empty={empty}>
        {(document) => <DocumentRow key={document.id} document={document} />}
      </PagedList>
    </>
  )
}
