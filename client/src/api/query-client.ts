/** The query cache and its defaults: REST answers and live events meet here. */
import { QueryClient } from '@tanstack/react-query'
import { ApiError } from './errors'

const worthRetrying = (failures: number, error: Error): boolean => {
  if (failures >= 2) return false
  return !(error instanceof ApiError) || error.isNetwork || error.status >= 500
}

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: 30_000, gcTime: 10 * 60_000, retry: worthRetrying, refetchOnWindowFocus: true },
      mutations: { retry: false },
    },
  })
}
