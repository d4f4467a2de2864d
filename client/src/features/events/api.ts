import { api, unwrap } from '@/api/client'
import type { EventFilters } from '@/api/keys'
import type { EventClass } from '@/lib/event-words'

export type EventState = 'received' | 'processed' | 'ignored' | 'quarantined' | 'dead'

export interface InboundEvent {
  id: string
  channel_id: string
  kind: string
  state: EventState
  reason: string | null
  class: EventClass
  attempts: number
  received_at: string
  next_at: string
  error: string | null
  message_id: string | null
  conversation_id: string | null
}

export interface InboundEventDetail extends InboundEvent {
  body: string | null
}

export interface DeadLetter {
  id: string
  kind: string
  ref_id: string
  reason: string
  created_at: string
  closed_at: string | null
  closed_as: 'replayed' | 'discarded' | null
}

export interface QueueHealth {
  status: 'healthy' | 'degraded' | 'down'
  queues: Record<string, { due: number; oldest_seconds: number; running: number; dead: number }>
}

export interface Page<T> {
  items: T[]
  next_cursor: string | null
}

export interface ReplayAll {
  state: 'ignored' | 'quarantined' | 'dead'
  reason?: string
  channel_id?: string
}

type Call = <T>(path: string, init: object) => Promise<{ data?: T; error?: unknown; response: Response }>
const get = api.GET as unknown as Call
const post = api.POST as unknown as Call

const page = (cursor: string | null) => ({ limit: 50, ...(cursor ? { cursor } : {}) })

export function readEvents(filters: EventFilters, cursor: string | null, signal: AbortSignal) {
  const query = { ...Object.fromEntries(Object.entries(filters).filter(([, value]) => value)), ...page(cursor) }
  return unwrap<Page<InboundEvent>>(get('/api/v1/inbound-events', { params: { query }, signal }))
}

export function readEvent(id: string) {
  return unwrap<InboundEventDetail>(get('/api/v1/inbound-events/{event_id}', { params: { path: { event_id: id } } }))
}

export function replayEvent(id: string) {
  return unwrap<InboundEvent>(post('/api/v1/inbound-events/{event_id}/replay', { params: { path: { event_id: id } } }))
}

export function replayEvents(body: ReplayAll) {
  return unwrap<{ replayed: number }>(post('/api/v1/inbound-events/replay', { body }))
}

export function readLetters(state: 'open' | 'closed', cursor: string | null, signal: AbortSignal) {
  return unwrap<Page<DeadLetter>>(
    get('/api/v1/dead-letters', { params: { query: { state, ...page(cursor) } }, signal }),
  )
}

export function closeLetter(id: string, verb: 'replay' | 'discard') {
  return unwrap<DeadLetter>(post(`/api/v1/dead-letters/{letter_id}/${verb}`, { params: { path: { letter_id: id } } }))
}

export function readQueueHealth() {
  return unwrap<QueueHealth>(get('/api/v1/queue/health', {}))
}
