import { useInfiniteQuery } from '@tanstack/react-query'
import { SearchX, Users } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { ContactRow } from './contact-row'
import { contactsQuery } from './queries'
import { type ContactsSearch, filtersOf } from './search'

interface Props {
  search: ContactsSearch
  onSearch: (search: ContactsSearch) => void
}

export function ContactList({ search, onSearch }: Props) {
  const { t } = useTranslation('contacts')
  const filters = filtersOf(search)
  const query = useInfiniteQuery(contactsQuery(filters))
  const items = query.data?.pages.flatMap((page) => page.items) ?? []
  const filtered = Object.values(filters).some(Boolean)
  return (
    <>
      {query.isPending && <Loading rows={3} />}
      {query.isError && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && items.length === 0 && (
        <div className="rounded-card border bg-surface">
          {filtered ? (
            <EmptyState
              icon={SearchX}
              title={t('nothingMatches')}
              action={
                <Button variant="secondary" onClick={() => onSearch({})}>
                  {t('filter.clear')}
                </Button>
              }
            />
          ) : (
            <EmptyState icon={Users} title={t('emptyTitle')} detail={t('emptyDetail')} />
          )}
        </div>
      )}
      {items.length > 0 && (
        <ul aria-label={t('list')} className="divide-y overflow-hidden rounded-card border bg-surface">
          {items.map((contact) => (
            <ContactRow key={contact.id} contact={contact} />
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
