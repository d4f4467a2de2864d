import { createFileRoute } from '@tanstack/react-router'
import { assistantsQuery } from '@/api/queries'
import { AssistantPage } from '@/features/assistant/assistant-page'

export const Route = createFileRoute('/_app/assistant')({
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(assistantsQuery())
  },
  component: AssistantPage,
})
