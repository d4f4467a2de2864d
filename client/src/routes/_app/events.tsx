import { createFileRoute, useNavigate } from '@tanstack/react-router'
import { EventsPage } from '@/features/events/events-page'
import { parseEventsSearch } from '@/features/events/search'
import { askForWords, loadWords } from '@/i18n'

export const Route = createFileRoute('/_app/events')({
  validateSearch: parseEventsSearch,
  beforeLoad: () => askForWords('events'),
  loader: () => loadWords('events'),
  component: Events,
})

function Events() {
  const navigate = useNavigate()
  return <EventsPage search={Route.useSearch()} onSearch={(search) => void navigate({ to: '/events', search })} />
}
