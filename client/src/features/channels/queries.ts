import { queryOptions } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'

/** Breaker, gaps and advice of one channel. */
export const channelHealthQuery = (id: string) =>
  queryOptions({
    queryKey: keys.channelHealth(id),
    queryFn: () => unwrap(api.GET('/api/v1/channels/{channel_id}/health', { params: { path: { channel_id: id } } })),
    staleTime: 60_000,
  })

/** Address and token to paste at the provider. */
export const channelWebhookQuery = (id: string) =>
  queryOptions({
    queryKey: keys.channelWebhook(id),
    queryFn: () => unwrap(api.GET('/api/v1/channels/{channel_id}/webhook', { params: { path: { channel_id: id } } })),
    staleTime: Number.POSITIVE_INFINITY,
  })
