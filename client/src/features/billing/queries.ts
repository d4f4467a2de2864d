import { queryOptions } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'

export const plansQuery = () =>
  queryOptions({
    queryKey: keys.plans,
    queryFn: async () => (await unwrap(api.GET('/api/v1/plans'))).items,
    staleTime: 60 * 60_000,
  })
