/** Queries that more than one feature reads: who I am, the channels, the assistant, the tenant's people, a contact's threads. */
import { queryOptions } from '@tanstack/react-query'
import { api, unwrap } from './client'
import { keys } from './keys'

export const meQuery = () =>
  queryOptions({
    queryKey: keys.me,
    queryFn: () => unwrap(api.GET('/api/v1/me')),
    staleTime: 5 * 60_000,
  })

export const channelsQuery = () =>
  queryOptions({
    queryKey: keys.channels,
    queryFn: async () => (await unwrap(api.GET('/api/v1/channels', { params: { query: { limit: 100 } } }))).items,
  })

export const assistantsQuery = () =>
  queryOptions({
    queryKey: keys.assistants,
    queryFn: async () => (await unwrap(api.GET('/api/v1/assistants', { params: { query: { limit: 50 } } }))).items,
  })

export const membersQuery = () =>
  queryOptions({
    queryKey: keys.members,
    queryFn: async () => (await unwrap(api.GET('/api/v1/members', { params: { query: { limit: 100 } } }))).items,
    staleTime: 5 * 60_000,
  })

export const usageQuery = () => queryOptions({ queryKey: keys.usage, queryFn: () => unwrap(api.GET('/api/v1/usage')) })

/** The newest first. */
export const conversationsOfQuery = (contactId: string) =>
  queryOptions({
    queryKey: keys.conversationsOf(contactId),
    queryFn: () => unwrap(api.GET('/api/v1/conversations', { params: { query: { contact: contactId, limit: 20 } } })),
    staleTime: 5_000,
  })
