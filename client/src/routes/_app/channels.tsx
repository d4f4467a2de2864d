import { createFileRoute, useNavigate } from '@tanstack/react-router'
import { channelsQuery } from '@/api/queries'
import { ChannelsPage, type ChannelsSearch } from '@/features/channels/channels-page'

export const Route = createFileRoute('/_app/channels')({
  validateSearch: (search: Record<string, unknown>): ChannelsSearch => ({
    ...(search.add === true || search.add === 'true' ? { add: true as const } : {}),
    ...(typeof search.connect === 'string' ? { connect: search.connect } : {}),
  }),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(channelsQuery())
  },
  component: Channels,
})

function Channels() {
  const navigate = useNavigate()
  return <ChannelsPage search={Route.useSearch()} onSearch={(search) => void navigate({ to: '/channels', search })} />
}
