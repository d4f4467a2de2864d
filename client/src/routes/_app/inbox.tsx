import { createFileRoute } from '@tanstack/react-router'
import { InboxLayout } from '@/features/inbox/inbox-layout'
import { conversationsQuery } from '@/features/inbox/queries'
import { filtersOf, parseInboxSearch } from '@/features/inbox/search'
import { askForWords, loadWords } from '@/i18n'

export const Route = createFileRoute('/_app/inbox')({
  validateSearch: parseInboxSearch,
  beforeLoad: () => askForWords('inbox'),
  loaderDeps: ({ search }) => filtersOf(search),
  loader: ({ context, deps }) => {
    // Started, not awaited: the page shows its own skeleton and its own error.
    void context.queryClient.prefetchInfiniteQuery(conversationsQuery(deps))
    return loadWords('inbox')
  },
  component: Inbox,
})

function Inbox() {
  return <InboxLayout search={Route.useSearch()} />
}
