import { createFileRoute } from '@tanstack/react-router'
import { toolServersQuery, toolsQuery } from '@/features/tools/queries'
import { ToolsPage } from '@/features/tools/tools-page'
import { askForWords, loadWords } from '@/i18n'

export const Route = createFileRoute('/_app/assistant_/tools')({
  beforeLoad: () => askForWords('tools'),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(toolsQuery())
    void context.queryClient.prefetchQuery(toolServersQuery())
    return loadWords('tools')
  },
  component: ToolsPage,
})
