/** From the cache's pages to the rows of a thread: oldest first, with day headings, groups and the line of the unread. */
import type { Message } from '@/api/types'
import type { Thread } from '@/lib/realtime/messages'
import { asMessage, type Pending } from './outbox'

export interface Row {
  key: string
  message: Message
  /** The first of its day. */
  startsDay: boolean
  /** The first that was unread when the thread was opened. */
  startsUnread: boolean
  /** Follows one of the same author within a minute: no label, less space. */
  joined: boolean
}

const MINUTE = 60_000

const sender = (m: Message): string => `${m.direction}:${m.author}:${m.agent?.id ?? ''}`

function joins(before: Message | undefined, next: Message): boolean {
  if (!before || next.author === 'system' || sender(before) !== sender(next)) return false
  if (before.status === 'failed' || next.status === 'failed') return false
  return Date.parse(next.created_at) - Date.parse(before.created_at) < MINUTE
}

export function threadMessages(
  thread: Thread | undefined,
  pending: readonly Pending[],
  agent: Message['agent'],
): Message[] {
  const known = (thread?.pages ?? []).flatMap((page) => page.items).reverse()
  const echoed = new Set(known.map((message) => message.client_id))
  const waiting = pending.filter((item) => !echoed.has(item.client_id))
  return [...known, ...waiting.map((item, order) => asMessage(item, agent, order))]
}

export function toRows(
  messages: readonly Message[],
  unreadFrom: string | null,
  dayKey: (iso: string) => string,
): Row[] {
  let day = ''
  return messages.map((message, index) => {
    const today = dayKey(message.created_at)
    const startsDay = today !== day
    day = today
    return {
      // The client's id stays when the server's comes, so that the row stays mounted.
      key: message.client_id ?? message.id,
      message,
      startsDay,
      startsUnread: message.id === unreadFrom,
      joined: !startsDay && joins(messages[index - 1], message),
    }
  })
}

/** The id of the oldest of the newest `count` messages that came in; null when it is not loaded. */
export function firstUnread(messages: readonly Message[], count: number): string | null {
  let left = count
  for (const message of messages.toReversed()) {
    if (message.direction !== 'in') continue
    left -= 1
    if (left === 0) return message.id
  }
  return null
}
