/** The frames of `/api/v1/realtime`. What an event carries is the struct that REST gives, so none is typed twice. */
import type { Channel, Contact, Conversation, KnowledgeDocument, Message, TestRun } from '@/api/types'

interface Numbered {
  event_id: string
  seq: number
  at: string
}

export type MessageEventType =
  | 'message.received'
  | 'message.processed'
  | 'message.queued'
  | 'message.sent'
  | 'message.status'
  | 'message.updated'
  | 'response.generated'
export type ConversationEventType = 'conversation.updated' | 'handoff.requested' | 'handoff.completed'

export type DomainEvent = Numbered &
  (
    | { type: MessageEventType; data: Message }
    | { type: ConversationEventType; data: Conversation }
    | { type: 'channel.updated'; data: Channel }
    | { type: 'contact.updated'; data: Contact }
    | { type: 'document.updated'; data: KnowledgeDocument | { id: string; deleted: true } }
    | { type: 'test_run.updated'; data: TestRun }
    | { type: 'usage.threshold' | 'usage.corrected'; data: unknown }
  )

export type Signal =
  | { type: 'channel.qr'; data: { channel_id: string; code: string; expires_at: string } }
  | { type: 'assistant.typing' | 'contact.typing'; data: { conversation_id: string } }
  | { type: 'member.typing'; data: { conversation_id: string; member_id: string; name: string } }
  | { type: 'member.viewing'; data: { conversation_id: string | null; member_id: string; name: string } }

export type Control =
  | { type: 'ready'; epoch: string; seq: number }
  | { type: 'pong' }
  | { type: 'resync' }
  | { type: 'error'; code: string }

export type Frame = Control | Signal | DomainEvent

export function isDomainEvent(frame: Frame): frame is DomainEvent {
  return 'seq' in frame && 'event_id' in frame
}

const SIGNALS = new Set(['channel.qr', 'assistant.typing', 'contact.typing', 'member.typing', 'member.viewing'])

export function isSignal(frame: Frame): frame is Signal {
  return SIGNALS.has(frame.type) && 'data' in frame
}

export function parseFrame(raw: unknown): Frame | null {
  if (typeof raw !== 'string') return null
  try {
    const frame: unknown = JSON.parse(raw)
    return typeof frame === 'object' && frame !== null && 'type' in frame ? (frame as Frame) : null
  } catch {
    return null
  }
}
