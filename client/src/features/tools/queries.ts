import { queryOptions } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'

export const toolsQuery = () =>
  queryOptions({
    queryKey: keys.tools,
    queryFn: async () => (await unwrap(api.GET('/api/v1/tools'))).items,
  })

export const toolServersQuery = () =>
  queryOptions({
    queryKey: keys.toolServers,
    queryFn: async () => (await unwrap(api.GET('/api/v1/tool-servers'))).items,
  })
