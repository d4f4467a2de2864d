import { createFileRoute, useNavigate } from '@tanstack/react-router'
import { KnowledgePage } from '@/features/knowledge/knowledge-page'
import { documentsQuery } from '@/features/knowledge/queries'
import { filtersOf, parseKnowledgeSearch } from '@/features/knowledge/search'
import { askForWords, loadWords } from '@/i18n'

export const Route = createFileRoute('/_app/knowledge')({
  validateSearch: parseKnowledgeSearch,
  beforeLoad: () => askForWords('knowledge'),
  loaderDeps: ({ search }) => filtersOf(search),
  loader: ({ context, deps }) => {
    void context.queryClient.prefetchInfiniteQuery(documentsQuery(deps))
    return loadWords('knowledge')
  },
  component: Knowledge,
})

function Knowledge() {
  const navigate = useNavigate()
  return <KnowledgePage search={Route.useSearch()} onSearch={(search) => void navigate({ to: '/knowledge', search })} />
}
