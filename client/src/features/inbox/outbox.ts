/**
 * Messages written here that the server has not taken yet. They stand beside the query cache, so that no refetch can
 * lose them; they go in order per conversation, wait while offline, and after two minutes become failures with a way on.
 */
import type { QueryClient } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { ApiError } from '@/api/errors'
import { keys } from '@/api/keys'
import { currentSession, subscribeSession } from '@/api/session'
import type { Media, Message } from '@/api/types'
import { isLive } from '@/lib/realtime/live'
import { type Thread, upsertMessage } from '@/lib/realtime/messages'
import { tabStore } from '@/lib/storage'
import { makeStore, useStore } from '@/lib/store'

export interface Pending {
  client_id: string
  conversation_id: string
  text: string | null
  /** A file that is on the server already. */
  media: Media | null
  quote: Message['quote']
  created_at: string
  failure: { code: string; detail: string | null } | null
}

const KEY = 'evo-outbox'
const GIVE_UP = 120_000
const NONE: readonly Pending[] = []
const TRY_AGAIN = new Set([0, 429, 500, 502, 503, 504])

function restore(): readonly Pending[] {
  try {
    return JSON.parse(tabStore.get(KEY) ?? '[]') as Pending[]
  } catch {
    return NONE
  }
}

const outbox = makeStore<readonly Pending[]>(restore())
const working = new Set<string>()

function write(next: readonly Pending[]): void {
  outbox.set(next)
  tabStore.set(KEY, JSON.stringify(next))
}

let tenantId = currentSession()?.tenant.id
subscribeSession(() => {
  const now = currentSession()?.tenant.id
  if (tenantId !== undefined && now !== tenantId) write(NONE)
  tenantId = now
})

const change = (clientId: string, part: Partial<Pending>): void =>
  write(outbox.get().map((item) => (item.client_id === clientId ? { ...item, ...part } : item)))

export const discard = (clientId: string): void => write(outbox.get().filter((item) => item.client_id !== clientId))

export interface Written {
  text: string | null
  media?: Media | null
  quote?: Message['quote']
}

export function send(client: QueryClient, conversationId: string, { text, media = null, quote = null }: Written): void {
  const created_at = new Date().toISOString()
  const client_id = crypto.randomUUID()
  write([
    ...outbox.get(),
    { client_id, conversation_id: conversationId, text, media, quote, created_at, failure: null },
  ])
  void work(client, conversationId)
}

/** The same `client_id`: if the first try did reach the server, it answers with the message it has. */
export function retry(client: QueryClient, item: Pending): void {
  change(item.client_id, { failure: null, created_at: new Date().toISOString() })
  void work(client, item.conversation_id)
}

/** Goes on after a reload. What has waited too long is shown as failed rather than sent out of the blue. */
export function resume(client: QueryClient): void {
  for (const item of outbox.get()) {
    if (item.failure) continue
    if (Date.now() - Date.parse(item.created_at) > GIVE_UP)
      change(item.client_id, { failure: { code: 'network', detail: null } })
    else void work(client, item.conversation_id)
  }
}

async function work(client: QueryClient, conversationId: string): Promise<void> {
  if (working.has(conversationId)) return
  working.add(conversationId)
  try {
    for (let tries = 0; ; ) {
      const next = outbox.get().find((item) => item.conversation_id === conversationId && !item.failure)
      if (!next) return
      const outcome = await attempt(client, next)
      if (outcome === 'done') tries = 0
      else await pause(Math.min(10_000, 1_000 * 2 ** tries++))
    }
  } finally {
    working.delete(conversationId)
  }
}

async function attempt(client: QueryClient, item: Pending): Promise<'done' | 'again'> {
  try {
    const message = await unwrap(
      api.POST('/api/v1/conversations/{conversation_id}/messages', {
        params: { path: { conversation_id: item.conversation_id } },
        headers: { 'Idempotency-Key': item.client_id },
        body: {
          client_id: item.client_id,
          ...(item.text ? { text: item.text } : {}),
          ...(item.media ? { media_id: item.media.id } : {}),
          ...(item.quote?.message_id ? { reply_to: item.quote.message_id } : {}),
        },
      }),
    )
    client.setQueryData<Thread>(keys.messages(item.conversation_id), (thread) =>
      thread ? upsertMessage(thread, message) : thread,
    )
    discard(item.client_id)
    // Writing takes over; the event says so, unless nobody is listening.
    if (!isLive()) void client.invalidateQueries({ queryKey: keys.conversation(item.conversation_id) })
    return 'done'
  } catch (error) {
    const problem = error instanceof ApiError ? error : new ApiError(0, 'network')
    const temporary = TRY_AGAIN.has(problem.status) || problem.code === 'idempotency-in-progress'
    if (temporary && Date.now() - Date.parse(item.created_at) < GIVE_UP) return 'again'
    change(item.client_id, { failure: { code: problem.code, detail: problem.detail } })
    return 'done'
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer)
      window.removeEventListener('online', finish)
      resolve()
    }
    const timer = setTimeout(finish, milliseconds)
    window.addEventListener('online', finish)
  })
}

export const pendingOf = (clientId: string): Pending | undefined =>
  outbox.get().find((item) => item.client_id === clientId)

const perConversation = new Map<string, readonly Pending[]>()

function stable(all: readonly Pending[], conversationId: string): readonly Pending[] {
  const mine = all.filter((item) => item.conversation_id === conversationId)
  const before = perConversation.get(conversationId) ?? NONE
  if (mine.length === before.length && mine.every((item, index) => item === before[index])) return before
  perConversation.set(conversationId, mine)
  return mine
}

export function usePending(conversationId: string): readonly Pending[] {
  return useStore(outbox, (all) => stable(all, conversationId))
}

/** The bubble of a message that has no id of the server yet. */
export function asMessage(item: Pending, agent: Message['agent'], order: number): Message {
  return {
    id: `local:${item.client_id}`,
    conversation_id: item.conversation_id,
    seq: Number.MAX_SAFE_INTEGER - 1_000 + order,
    direction: 'out',
    author: 'agent',
    agent,
    type: item.media?.kind ?? 'text',
    text: item.text,
    transcript: null,
    media: item.media,
    extra: null,
    quote: item.quote,
    reactions: [],
    status: item.failure ? 'failed' : 'queued',
    error: item.failure,
    client_id: item.client_id,
    trace_id: null,
    edited_at: null,
    deleted_at: null,
    created_at: item.created_at,
  }
}
