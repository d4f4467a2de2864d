/** What a live event changes in the query cache. Pure but for the cache it is given; signals are not its business. */
import type { QueryClient, QueryKey } from '@tanstack/react-query'
import { type ConversationFilters, keys } from '@/api/keys'
import type { Channel, Conversation, ConversationCounts, Me, Message } from '@/api/types'
import { dropDocument, putDocument } from './documents'
import type { DomainEvent } from './events'
import { type ConversationList, placeConversation, recount } from './lists'
import { findMessage, type Thread, upsertMessage } from './messages'
import { isLater, restarts } from './status'

export interface View {
  /** The conversation that is open and visible; what arrives there is read at once. */
  readingId: string | null
}

/** Keys to be asked again; the caller gathers and paces them. */
export type Stale = QueryKey[]

export function applyEvent(client: QueryClient, event: DomainEvent, view: View): Stale {
  switch (event.type) {
    case 'message.received':
    case 'message.processed':
    case 'message.queued':
    case 'message.sent':
    case 'message.status':
    case 'message.updated':
    case 'response.generated':
      return applyMessage(client, event.type, event.data, view)
    case 'conversation.updated':
    case 'handoff.requested':
    case 'handoff.completed':
      return applyConversation(client, event.data)
    case 'channel.updated':
      return applyChannel(client, event.data)
    case 'contact.updated':
      // What only a look at one contact tells (merges, consents) stays until it is asked again.
      client.setQueryData(
        keys.contact(event.data.id),
        (known: object | undefined) => known && { ...known, ...event.data },
      )
      return [keys.contacts, keys.contact(event.data.id)]
    case 'document.updated':
      return 'deleted' in event.data ? dropDocument(client, event.data.id) : putDocument(client, event.data)
    case 'test_run.updated':
      // What each case gave is asked for; how far the run is stands here.
      client.setQueryData(
        keys.testRun(event.data.id),
        (known: object | undefined) => known && { ...known, ...event.data },
      )
      return [keys.testRun(event.data.id), keys.testRuns(event.data.assistant_id)]
    case 'usage.threshold':
    case 'usage.corrected':
      return [keys.usage]
    default:
      return []
  }
}

const isMessage = (data: unknown): data is Message =>
  typeof data === 'object' && data !== null && 'conversation_id' in data && 'status' in data

function applyMessage(client: QueryClient, type: string, message: Message, view: View): Stale {
  // `response.generated` may carry a trace alone; a message is what we can place.
  if (!isMessage(message)) return []
  const key = keys.messages(message.conversation_id)
  const thread = client.getQueryData<Thread>(key)
  if (thread) {
    const known = findMessage(thread, message)
    if (known || type !== 'message.status') {
      const restart = type === 'message.queued' && known !== undefined && restarts(known, message)
      client.setQueryData<Thread>(key, upsertMessage(thread, message, restart))
    }
  }
  return touchRow(client, type, message, view)
}

/** The conversation as any part of the cache knows it. */
export function knownConversation(client: QueryClient, id: string): Conversation | undefined {
  const open = client.getQueryData<Conversation>(keys.conversation(id))
  if (open) return open
  for (const [, list] of client.getQueriesData<ConversationList>({ queryKey: keys.conversations })) {
    for (const page of list?.pages ?? []) {
      const found = page.items.find((item) => item.id === id)
      if (found) return found
    }
  }
  return undefined
}

function touchRow(client: QueryClient, type: string, message: Message, view: View): Stale {
  const row = knownConversation(client, message.conversation_id)
  if (!row) return type === 'message.received' ? [keys.conversations, keys.counts, keys.latest] : []
  const last = row.last_message
  if (last?.id === message.id) {
    const back = isLater(last.status, message.status) && type !== 'message.queued'
    return putConversation(client, { ...row, last_message: previewOf(message, back ? last.status : message.status) })
  }
  if (last && Date.parse(last.created_at) > Date.parse(message.created_at)) return []
  // A reaction marks another message; it is not news of its own.
  if (message.type === 'reaction' || type === 'message.updated' || type === 'message.status') return []
  const arrived = message.direction === 'in' && type === 'message.received'
  const read = view.readingId === message.conversation_id
  return putConversation(client, {
    ...row,
    last_message: previewOf(message, message.status),
    unread_count: arrived && !read ? row.unread_count + 1 : row.unread_count,
    updated_at: message.created_at,
  })
}

function previewOf(message: Message, status: Message['status']): NonNullable<Conversation['last_message']> {
  const { id, type, direction, author, created_at } = message
  return { id, type, direction, author, created_at, status, text: message.deleted_at ? null : message.text }
}

function applyConversation(client: QueryClient, next: Conversation): Stale {
  const known = knownConversation(client, next.id)
  // A late copy must not undo a newer one.
  if (
    known &&
    Date.parse(known.updated_at) > Date.parse(next.updated_at) &&
    known.last_message?.id !== next.last_message?.id
  )
    return [keys.conversation(next.id)]
  return putConversation(client, next)
}

/** Writes a conversation everywhere it is shown: row, header and counts. */
export function putConversation(client: QueryClient, next: Conversation): Stale {
  const stale: Stale = []
  const memberId = client.getQueryData<Me>(keys.me)?.member_id ?? null
  const before = knownConversation(client, next.id)
  if (before) client.setQueryData<ConversationCounts>(keys.counts, (c) => c && recount(c, before, next, memberId))
  else stale.push(keys.counts)
  client.setQueryData<Conversation>(keys.conversation(next.id), (known) => known && next)
  for (const [key, list] of client.getQueriesData<ConversationList>({ queryKey: keys.conversations })) {
    const filters = key[1] as ConversationFilters | undefined
    if (!list || !filters) continue
    const placed = placeConversation(list, next, filters, memberId)
    if (placed.stale) stale.push(key)
    else if (placed.list !== list) client.setQueryData(key, placed.list)
  }
  return stale
}

function applyChannel(client: QueryClient, channel: Channel): Stale {
  const list = client.getQueryData<Channel[]>(keys.channels)
  if (!list) return []
  const known = list.some((item) => item.id === channel.id)
  client.setQueryData<Channel[]>(
    keys.channels,
    known ? list.map((item) => (item.id === channel.id ? channel : item)) : [...list, channel],
  )
  return [keys.channelHealth(channel.id)]
}
