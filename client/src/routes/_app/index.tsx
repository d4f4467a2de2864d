import { createFileRoute, redirect } from '@tanstack/react-router'
import { channelsQuery } from '@/api/queries'
import { countsQuery } from '@/features/inbox/queries'

/** A tenant that has nothing yet begins with the checklist, never with an empty inbox. */
export const Route = createFileRoute('/_app/')({
  loader: async ({ context }) => {
    const [channels, counts] = await Promise.all([
      context.queryClient.ensureQueryData(channelsQuery()),
      context.queryClient.ensureQueryData(countsQuery()),
    ])
    const fresh = counts.all === 0 && !channels.some((channel) => channel.state === 'connected')
    throw redirect({ to: fresh ? '/first-steps' : '/inbox' })
  },
})
