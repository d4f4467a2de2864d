import { createFileRoute } from '@tanstack/react-router'
import { usageQuery } from '@/api/queries'
import { UsagePage } from '@/features/billing/usage-page'

export const Route = createFileRoute('/_app/usage')({
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(usageQuery())
  },
  component: UsagePage,
})
