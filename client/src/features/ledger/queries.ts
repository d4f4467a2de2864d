import { queryOptions } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'
import type { Range } from './range'

/** Turns end and events are replayed all the time, so that figures grow old quickly. */
export const ledgerQuery = ({ from, to }: Range) =>
  queryOptions({
    queryKey: keys.ledger(from, to),
    queryFn: ({ signal }) => unwrap(api.GET('/api/v1/ledger', { params: { query: { from, to } }, signal })),
    staleTime: 5_000,
  })
