import { createFileRoute } from '@tanstack/react-router'
import { InboxLayout } from '@/features/inbox/inbox-layout'
import { conversationsQuery } from '@/features/inbox/queries'
import { filtersOf, parseInboxSearch } from '@/features/inbox/search'

export const Route = createFileRoute('/_app/inbox')({
  validateSearch: parseInboxSearch,
  loaderDeps: ({ search }) => filtersOf(search),
  loader: ({ context, deps }) => {
    // Started, not awaited: the page shows its own skeleton and its own error.
    void context.queryClient.prefetchInfiniteQuery(conversationsQuery(deps))
  },
  component: Inbox,
})

function Inbox() {
  return <InboxLayout search={Route.useSearch()} />
}
