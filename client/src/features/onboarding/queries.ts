import { queryOptions } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'

/** The newest conversations, only to know whether there are any and whether somebody opened one. */
export const latestConversationsQuery = () =>
  queryOptions({
    queryKey: keys.latest,
    queryFn: async () => (await unwrap(api.GET('/api/v1/conversations', { params: { query: { limit: 20 } } }))).items,
  })
