import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { type EventFilters, keys } from '@/api/keys'
import { PAGES, pageOf } from '@/api/pages'

const FRESH = 5_000

export const eventsQuery = (filters: EventFilters) =>
  infiniteQueryOptions({
    queryKey: keys.eventList(filters),
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v1/inbound-events', {
          params: {
            query: {
              ...(filters.class ? { class: filters.class } : {}),
              ...(filters.reason ? { reason: filters.reason } : {}),
              ...(filters.channel ? { channel: filters.channel } : {}),
              ...(filters.day ? { day: filters.day } : {}),
              ...pageOf(pageParam),
            },
          },
          signal,
        }),
      ),
    ...PAGES,
    staleTime: FRESH,
  })

export const eventQuery = (id: string) =>
  queryOptions({
    queryKey: keys.event(id),
    queryFn: () => unwrap(api.GET('/api/v1/inbound-events/{event_id}', { params: { path: { event_id: id } } })),
    staleTime: FRESH,
    // One that was replayed is worked within seconds; whoever asked for it is still looking.
    refetchInterval: (query) => (query.state.data?.state === 'received' ? 2_000 : false),
  })

export const lettersQuery = (state: 'open' | 'closed') =>
  infiniteQueryOptions({
    queryKey: keys.deadLetterList(state),
    queryFn: ({ pageParam, signal }) =>
      unwrap(api.GET('/api/v1/dead-letters', { params: { query: { state, ...pageOf(pageParam) } }, signal })),
    ...PAGES,
    staleTime: FRESH,
  })

export const queueHealthQuery = () =>
  queryOptions({
    queryKey: keys.queueHealth,
    queryFn: () => unwrap(api.GET('/api/v1/queue/health')),
    staleTime: FRESH,
    refetchInterval: 60_000,
  })
