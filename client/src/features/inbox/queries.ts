/** What the inbox reads. Live events keep it true, so it is asked again only after the socket was away. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { type ConversationFilters, keys } from '@/api/keys'
import { PAGES, pageOf } from '@/api/pages'
import type { Template, TemplatePage } from '@/api/types'

const LIVE = { staleTime: Number.POSITIVE_INFINITY } as const

const VIEW = {
  mine: { state: 'human', assignee: 'me' },
  queued: { state: 'queued' },
  bot: { state: 'bot' },
  resolved: { state: 'resolved' },
  all: {},
} as const

export const conversationsQuery = (filters: ConversationFilters) =>
  infiniteQueryOptions({
    queryKey: keys.conversationList(filters),
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v1/conversations', {
          params: {
            query: {
              ...VIEW[filters.view],
              ...(filters.q ? { q: filters.q } : {}),
              ...(filters.unread ? { unread: 'true' as const } : {}),
              ...(filters.channel ? { channel: filters.channel } : {}),
              ...pageOf(pageParam),
            },
          },
          signal,
        }),
      ),
    ...PAGES,
    ...LIVE,
  })

export const countsQuery = () =>
  queryOptions({
    queryKey: keys.counts,
    queryFn: () => unwrap(api.GET('/api/v1/conversations/counts')),
    ...LIVE,
  })

export const conversationQuery = (id: string) =>
  queryOptions({
    queryKey: keys.conversation(id),
    queryFn: () =>
      unwrap(api.GET('/api/v1/conversations/{conversation_id}', { params: { path: { conversation_id: id } } })),
    ...LIVE,
  })

export const messagesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.messages(id),
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v1/conversations/{conversation_id}/messages', {
          params: { path: { conversation_id: id }, query: pageOf(pageParam, 40) },
          signal,
        }),
      ),
    ...PAGES,
    ...LIVE,
  })

export const contactQuery = (id: string) =>
  queryOptions({
    queryKey: keys.contact(id),
    queryFn: () => unwrap(api.GET('/api/v1/contacts/{contact_id}', { params: { path: { contact_id: id } } })),
  })

/** Asked anew whenever the panel opens: the assistant learns meanwhile. */
export const factsQuery = (contactId: string) =>
  queryOptions({
    queryKey: keys.facts(contactId),
    queryFn: async () =>
      (await unwrap(api.GET('/api/v1/contacts/{contact_id}/facts', { params: { path: { contact_id: contactId } } })))
        .items,
  })

export const summaryQuery = (conversationId: string) =>
  queryOptions({
    queryKey: keys.summary(conversationId),
    queryFn: () =>
      unwrap(
        api.GET('/api/v1/conversations/{conversation_id}/summary', {
          params: { path: { conversation_id: conversationId } },
        }),
      ),
  })

const UNTIL_LISTED = 3_000

/** All of a channel's templates: they are few, and searched here. A new channel's are still being fetched. */
export const templatesQuery = (channelId: string) =>
  queryOptions({
    queryKey: keys.templates(channelId),
    queryFn: async ({ signal }) => {
      const items: Template[] = []
      let cursor: string | null = null
      do {
        const page: TemplatePage = await unwrap(
          api.GET('/api/v1/channels/{channel_id}/templates', {
            params: { path: { channel_id: channelId }, query: pageOf(cursor, 100) },
            signal,
          }),
        )
        items.push(...page.items)
        cursor = page.next_cursor
      } while (cursor)
      return items
    },
    refetchInterval: ({ state }) => (state.data?.length === 0 ? UNTIL_LISTED : false),
  })

export const traceQuery = (messageId: string) =>
  queryOptions({
    queryKey: keys.trace(messageId),
    queryFn: () =>
      unwrap(api.GET('/api/v1/messages/{message_id}/trace', { params: { path: { message_id: messageId } } })),
    staleTime: Number.POSITIVE_INFINITY,
  })

/** Whom one may write to first: few enough to look through. */
export const foundContactsQuery = (q: string) =>
  queryOptions({
    queryKey: keys.foundContacts(q),
    queryFn: async ({ signal }) =>
      (await unwrap(api.GET('/api/v1/contacts', { params: { query: { limit: 20, ...(q ? { q } : {}) } }, signal })))
        .items,
    staleTime: 5_000,
  })

/** A page of a PDF as a picture, and how many it has. */
export const pdfPageQuery = (mediaId: string, number: number) =>
  queryOptions({
    queryKey: keys.pdfPage(mediaId, number),
    queryFn: async ({ signal }) => {
      const call = api.GET('/api/v1/media/{media_id}/pages/{number}', {
        params: { path: { media_id: mediaId, number } },
        parseAs: 'blob',
        signal,
      })
      const picture = (await unwrap(call)) as unknown as Blob
      return { picture, pages: Number((await call).response.headers.get('x-pages') ?? 1) }
    },
    staleTime: Number.POSITIVE_INFINITY,
  })
