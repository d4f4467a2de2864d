import { createFileRoute, useNavigate } from '@tanstack/react-router'
import { ConversationView } from '@/features/inbox/conversation-view'
import { conversationQuery, messagesQuery } from '@/features/inbox/queries'

export const Route = createFileRoute('/_app/inbox/$conversationId')({
  validateSearch: (search: Record<string, unknown>): { contact?: true } =>
    search.contact === true || search.contact === 'true' ? { contact: true } : {},
  loader: ({ context, params }) => {
    void context.queryClient.prefetchQuery(conversationQuery(params.conversationId))
    void context.queryClient.prefetchInfiniteQuery(messagesQuery(params.conversationId))
  },
  component: Conversation,
})

function Conversation() {
  const { conversationId } = Route.useParams()
  const { contact } = Route.useSearch()
  const navigate = useNavigate({ from: Route.fullPath })
  return (
    <ConversationView
      id={conversationId}
      contact={contact ?? false}
      onContact={(open) => void navigate({ search: (before) => ({ ...before, contact: open || undefined }) })}
    />
  )
}
