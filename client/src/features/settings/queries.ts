import { queryOptions } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'

export const tenantQuery = () =>
  queryOptions({ queryKey: keys.tenant, queryFn: () => unwrap(api.GET('/api/v1/tenant')) })
