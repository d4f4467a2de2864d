import { useInfiniteQuery } from '@tanstack/react-query'
import { Users } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { EmptyState } from '@/ui/empty-state'
import { NothingMatches } from '@/ui/nothing-matches'
import { PagedList } from '@/ui/paged-list'
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
  const empty = Object.values(filters).some(Boolean) ? (
    <NothingMatches title={t('nothingMatches')} onClear={() => onSearch({})} />
  ) : (
    <EmptyState icon={Users} title={t('emptyTitle')} detail={t('emptyDetail')} />
  )
  return (
    <PagedList query={query} label={t('list')} empty={empty} rows={3}>
      {(contact) => <ContactRow key={contact.id} contact={contact} />}
    </PagedList>
  )
}
