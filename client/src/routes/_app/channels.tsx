import { createFileRoute, useNavigate } from '@tanstack/react-router'
import { channelsQuery } from '@/api/queries'
import { ChannelsPage, type ChannelsSearch } from '@/features/channels/channels-page'
import { askForWords, loadWords } from '@/i18n'

export const Route = createFileRoute('/_app/channels')({
  validateSearch: (search: Record<string, unknown>): ChannelsSearch => ({
    ...(search.add === true || search.add === 'true' ? { add: true as const } : {}),
    ...(typeof search.connect === 'string' ? { connect: search.connect } : {}),
  }),
  beforeLoad: () => askForWords('channels'),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(channelsQuery())
    return loadWords('channels')
  },
  component: Channels,
})

function Channels() {
  const navigate = useNavigate()
  return <ChannelsPage search={Route.useSearch()} onSearch={(search) => void navigate({ to: '/channels', search })} />
}
