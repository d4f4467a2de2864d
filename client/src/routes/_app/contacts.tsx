import { createFileRoute, useNavigate } from '@tanstack/react-router'
import { ContactsPage } from '@/features/contacts/contacts-page'
import { parseContactsSearch } from '@/features/contacts/search'
import { askForWords, loadWords } from '@/i18n'

export const Route = createFileRoute('/_app/contacts')({
  validateSearch: parseContactsSearch,
  beforeLoad: () => askForWords('contacts'),
  loader: () => loadWords('contacts'),
  component: Contacts,
})

function Contacts() {
  const navigate = useNavigate()
  return <ContactsPage search={Route.useSearch()} onSearch={(search) => void navigate({ to: '/contacts', search })} />
}
