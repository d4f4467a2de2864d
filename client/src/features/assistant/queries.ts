import { queryOptions } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'

export const versionsQuery = (id: string) =>
  queryOptions({
    queryKey: keys.versions(id),
    queryFn: async () =>
      (
        await unwrap(
          api.GET('/api/v1/assistants/{assistant_id}/versions', {
            params: { path: { assistant_id: id }, query: { limit: 20 } },
          }),
        )
      ).items,
  })
