/** Joins the socket to the cache: one batch of events per frame, and what went stale asked again at a measured pace. */
import type { QueryClient, QueryKey } from '@tanstack/react-query'
import { WS_URL } from '@/api/config'
import { currentSession, freshToken, refresh, subscribeSession } from '@/api/session'
import { makeStore, useStore } from '../store'
import type { DomainEvent } from './events'
import { applyEvent, type Stale } from './reduce'
import { applySignal, clearSignals, stopTyping } from './signals'
import { RealtimeSocket, type SocketState } from './socket'

/** The API allows a principal 1,000 calls an hour: refetching for events keeps this distance. */
const PACE = 4_000

/** First parts of the keys that events keep true. */
const LIVE = new Set([
  ...['conversations', 'counts', 'conversation', 'messages', 'contact', 'latest'],
  ...['channels', 'usage', 'documents', 'document', 'document-tags', 'test-run', 'test-runs'],
])

export interface Connection {
  state: SocketState
  /** When it was lost, in milliseconds; null while open. */
  since: number | null
}

const connection = makeStore<Connection>({ state: 'stopped', since: null })
const reading = makeStore<string | null>(null)
let socket: RealtimeSocket | null = null

type Listener = (event: DomainEvent) => void
const eventListeners = new Set<Listener>()

/** For effects that are not cache changes: sounds, announcements. */
export function onLiveEvent(listener: Listener): () => void {
  eventListeners.add(listener)
  return () => eventListeners.delete(listener)
}

function makePacer(client: QueryClient) {
  let waiting = new Map<string, QueryKey>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = 0
  const flush = () => {
    timer = undefined
    last = Date.now()
    const batch = waiting
    waiting = new Map()
    for (const queryKey of batch.values()) void client.invalidateQueries({ queryKey })
  }
  return (stale: Stale) => {
    for (const key of stale) waiting.set(JSON.stringify(key), key)
    if (waiting.size > 0 && timer === undefined) timer = setTimeout(flush, Math.max(150, last + PACE - Date.now()))
  }
}

/** Opens the live view of the tenant; the returned function closes it. */
export function startLive(client: QueryClient): () => void {
  const markStale = makePacer(client)
  let batch: DomainEvent[] = []
  let scheduled = false
  const drain = () => {
    scheduled = false
    const events = batch
    batch = []
    const view = { readingId: document.visibilityState === 'visible' ? reading.get() : null }
    for (const event of events) {
      markStale(applyEvent(client, event, view))
      if (event.type === 'message.received') stopTyping(event.data.conversation_id, 'contact')
      if (event.type === 'message.queued' || event.type === 'message.sent')
        stopTyping(event.data.conversation_id, event.data.author === 'assistant' ? 'assistant' : 'member-typing')
      for (const listener of eventListeners) listener(event)
    }
  }
  const live = new RealtimeSocket({
    url: WS_URL,
    token: freshToken,
    renew: refresh,
    onEvent: (event) => {
      batch.push(event)
      if (scheduled) return
      scheduled = true
      // A hidden tab draws no frames, but its badge and cache must stay true.
      if (document.visibilityState === 'visible') requestAnimationFrame(drain)
      else setTimeout(drain, 50)
    },
    onSignal: applySignal,
    onResync: () => void client.invalidateQueries({ predicate: ({ queryKey }) => LIVE.has(String(queryKey[0])) }),
    onState: (state) => {
      const since = state === 'open' ? null : (connection.get().since ?? Date.now())
      connection.set({ state, since })
    },
  })
  socket = live
  live.start()
  const unsubscribe = subscribeSession(() => {
    const token = currentSession()?.token
    if (token) live.authenticate(token)
  })
  return () => {
    unsubscribe()
    live.stop()
    clearSignals()
    socket = null
    connection.set({ state: 'stopped', since: null })
  }
}

export function setReading(conversationId: string | null): void {
  reading.set(conversationId)
  socket?.viewing(conversationId)
}

/** Whether this conversation is open in front of somebody: its own banner says what happens there. */
export function isReading(conversationId: string): boolean {
  return document.visibilityState === 'visible' && reading.get() === conversationId
}

export function tellTyping(conversationId: string): void {
  socket?.typing(conversationId)
}

export function useConnection(): Connection {
  return useStore(connection)
}

export function isLive(): boolean {
  return connection.get().state === 'open'
}
