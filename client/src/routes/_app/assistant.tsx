import { createFileRoute, useNavigate } from '@tanstack/react-router'
import { assistantsQuery } from '@/api/queries'
import { AssistantPage } from '@/features/assistant/assistant-page'
import { parseAssistantSearch } from '@/features/assistant/search'
import { askForWords, loadWords } from '@/i18n'

export const Route = createFileRoute('/_app/assistant')({
  validateSearch: parseAssistantSearch,
  beforeLoad: () => askForWords('assistant', 'trace'),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(assistantsQuery())
    return loadWords('assistant', 'trace')
  },
  component: Assistant,
})

function Assistant() {
  const navigate = useNavigate()
  return <AssistantPage search={Route.useSearch()} onSearch={(search) => void navigate({ to: '/assistant', search })} />
}
