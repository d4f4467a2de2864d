import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'

export function useSaveBudget() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: { monthly_cents: number | null }) => unwrap(api.PATCH('/api/v1/budget', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.usage }),
  })
}
