import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { type EventFilters, keys } from '@/api/keys'
import { readEvent, readEvents, readLetters, readQueueHealth } from './api'

const FRESH = 5_000

export const eventsQuery = (filters: EventFilters) =>
  infiniteQueryOptions({
    queryKey: keys.eventList(filters),
    queryFn: ({ pageParam, signal }) => readEvents(filters, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: FRESH,
  })

export const eventQuery = (id: string) =>
  queryOptions({
    queryKey: keys.event(id),
    queryFn: () => readEvent(id),
    staleTime: FRESH,
    // One that was replayed is worked within seconds; whoever asked for it is still looking.
    refetchInterval: (query) => (query.state.data?.state === 'received' ? 2_000 : false),
  })

export const lettersQuery = (state: 'open' | 'closed') =>
  infiniteQueryOptions({
    queryKey: keys.deadLetterList(state),
    queryFn: ({ pageParam, signal }) => readLetters(state, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: FRESH,
  })

export const queueHealthQuery = () =>
  queryOptions({ queryKey: keys.queueHealth, queryFn: readQueueHealth, staleTime: FRESH, refetchInterval: 60_000 })
