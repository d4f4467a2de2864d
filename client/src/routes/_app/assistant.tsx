import { createFileRoute } from '@tanstack/react-router'
import { assistantsQuery } from '@/api/queries'
import { AssistantPage } from '@/features/assistant/assistant-page'
import { askForWords, loadWords } from '@/i18n'

export const Route = createFileRoute('/_app/assistant')({
  beforeLoad: () => askForWords('assistant'),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(assistantsQuery())
    return loadWords('assistant')
  },
  component: AssistantPage,
})
