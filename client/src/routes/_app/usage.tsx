import { createFileRoute } from '@tanstack/react-router'
import { usageQuery } from '@/api/queries'
import { UsagePage } from '@/features/billing/usage-page'
import { askForWords, loadWords } from '@/i18n'

export const Route = createFileRoute('/_app/usage')({
  beforeLoad: () => askForWords('billing'),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(usageQuery())
    return loadWords('billing')
  },
  component: UsagePage,
})
