/** The order of a message's states. Ticks only move forward; a resend alone starts again. */
import type { Message, MessageStatus } from '@/api/types'

const ORDER: Record<MessageStatus, number> = {
  received: 0,
  queued: 1,
  uncertain: 2,
  sent: 3,
  failed: 4,
  delivered: 5,
  read: 6,
}

export function isLater(next: MessageStatus, than: MessageStatus): boolean {
  return ORDER[next] > ORDER[than]
}

/** What is kept of a message when another copy of it arrives, maybe out of order. */
export function mergeMessage(known: Message, next: Message, restart: boolean): Message {
  const backwards = !restart && isLater(known.status, next.status)
  return backwards ? { ...next, status: known.status, error: known.error } : next
}

/** A person sent it again: `queued` may follow `failed` and `uncertain`. */
export function restarts(known: Message, next: Message): boolean {
  return next.status === 'queued' && (known.status === 'failed' || known.status === 'uncertain')
}
