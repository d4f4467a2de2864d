import { queryOptions } from '@tanstack/react-query'
import { keys } from '@/api/keys'
import { readLedger } from './api'
import type { Range } from './range'

/** Turns end and events are replayed all the time, so that figures grow old quickly. */
export const ledgerQuery = ({ from, to }: Range) =>
  queryOptions({
    queryKey: keys.ledger(from, to),
    queryFn: ({ signal }) => readLedger(from, to, signal),
    staleTime: 5_000,
  })
