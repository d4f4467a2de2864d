import { useQuery } from '@tanstack/react-query'
import { channelsQuery } from '@/api/queries'
import type { Channel } from '@/api/types'
import { conversationQuery } from './queries'

/** What the conversation's channel can do, as far as it is known already; never told by the provider's name. */
export function useCapabilities(conversationId: string): Channel['capabilities'] | undefined {
  const channelId = useQuery({ ...conversationQuery(conversationId), enabled: false }).data?.channel.id
  return useQuery({
    ...channelsQuery(),
    enabled: false,
    select: (channels) => channels.find((each) => each.id === channelId)?.capabilities,
  }).data
}
