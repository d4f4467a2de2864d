// @vitest-environment node
import { QueryClient } from '@tanstack/react-query'
import { beforeEach, describe, expect, it } from 'vitest'
import { type ConversationFilters, keys } from '@/api/keys'
import type { Conversation, ConversationCounts, Message } from '@/api/types'
import { conversation, me, message, preview } from '@/test/data'
import type { DomainEvent, MessageEventType } from './events'
import type { ConversationList } from './lists'
import type { Thread } from './messages'
import { applyEvent } from './reduce'

const NOWHERE = { readingId: null }
const ALL: ConversationFilters = { view: 'all', q: '', unread: false, channel: '' }
const QUEUED: ConversationFilters = { ...ALL, view: 'queued' }

let client: QueryClient
let seq = 0

beforeEach(() => {
  client = new QueryClient()
  client.setQueryData(keys.me, me)
  seq = 0
})

function event(type: DomainEvent['type'], data: unknown): DomainEvent {
  seq += 1
  return { type, event_id: `event-${seq}`, seq, at: '2026-11-20T12:00:00Z', data } as DomainEvent
}

const minute = (n: number) => new Date(Date.UTC(2026, 10, 20, 12, n)).toISOString()

function thread(pages: Message[][], cursors: (string | null)[] = pages.map(() => null)): void {
  const value: Thread = {
    pages: pages.map((items, index) => ({ items, next_cursor: cursors[index] ?? null })),
    pageParams: pages.map(() => null),
  }
  client.setQueryData(keys.messages('conversation-1'), value)
}

const shown = () =>
  client.getQueryData<Thread>(keys.messages('conversation-1'))?.pages.flatMap((page) => page.items) ?? []

function list(filters: ConversationFilters, items: Conversation[], next_cursor: string | null = null): void {
  client.setQueryData<ConversationList>(keys.conversationList(filters), {
    pages: [{ items, next_cursor }],
    pageParams: [null],
  })
}

const rows = (filters: ConversationFilters) =>
  client.getQueryData<ConversationList>(keys.conversationList(filters))?.pages.flatMap((page) => page.items) ?? []

describe('a test run', () => {
  it('moves on where it is shown, and has its results asked for', () => {
    const shown = { id: 'run-1', assistant_id: 'a', state: 'running', done: 1, total: 4, results: ['kept'] }
    client.setQueryData(keys.testRun('run-1'), shown)
    const { results: _, ...told } = { ...shown, done: 2 }
    const stale = applyEvent(client, event('test_run.updated', told), NOWHERE)
    expect(client.getQueryData(keys.testRun('run-1'))).toEqual({ ...shown, done: 2 })
    expect(stale).toEqual([keys.testRun('run-1'), keys.testRuns('a')])
    applyEvent(client, event('test_run.updated', { ...told, id: 'run-2' }), NOWHERE)
    expect(client.getQueryData(keys.testRun('run-2'))).toBeUndefined()
  })
})

describe('messages of a thread', () => {
  it('puts a new one first and keeps the order by seq', () => {
    thread([[message({ id: 'b', seq: 2 }), message({ id: 'a', seq: 1 })]])
    applyEvent(client, event('message.received', message({ id: 'd', seq: 4 })), NOWHERE)
    applyEvent(client, event('message.received', message({ id: 'c', seq: 3 })), NOWHERE)
    expect(shown().map((m) => m.id)).toEqual(['d', 'c', 'b', 'a'])
  })

  it('keeps one row when the same event comes twice', () => {
    thread([[]])
    const arrived = message({ id: 'a', seq: 1 })
    applyEvent(client, event('message.received', arrived), NOWHERE)
    applyEvent(client, event('message.received', arrived), NOWHERE)
    expect(shown()).toHaveLength(1)
  })

  it('knows its own message by client_id', () => {
    thread([[message({ id: 'local', seq: 9, client_id: 'client-12345', direction: 'out', status: 'queued' })]])
    const sent = message({ id: 'server', seq: 2, client_id: 'client-12345', direction: 'out', status: 'sent' })
    applyEvent(client, event('message.sent', sent), NOWHERE)
    expect(shown().map((m) => [m.id, m.status])).toEqual([['server', 'sent']])
  })

  it('does not mistake two messages without client_id for one', () => {
    thread([[message({ id: 'a', seq: 1, client_id: null })]])
    applyEvent(client, event('message.received', message({ id: 'b', seq: 2, client_id: null })), NOWHERE)
    expect(shown()).toHaveLength(2)
  })

  it('finds its place on an older page', () => {
    thread([[message({ id: 'e', seq: 5 })], [message({ id: 'c', seq: 3 }), message({ id: 'a', seq: 1 })]], ['x', null])
    applyEvent(client, event('message.received', message({ id: 'b', seq: 2 })), NOWHERE)
    expect(shown().map((m) => m.id)).toEqual(['e', 'c', 'b', 'a'])
  })

  it('leaves what is older than all that is loaded to its own page', () => {
    thread([[message({ id: 'e', seq: 5 })]], ['more'])
    applyEvent(client, event('message.received', message({ id: 'b', seq: 2 })), NOWHERE)
    expect(shown().map((m) => m.id)).toEqual(['e'])
  })

  it('does not invent a thread that nobody opened', () => {
    applyEvent(client, event('message.received', message()), NOWHERE)
    expect(client.getQueryData(keys.messages('conversation-1'))).toBeUndefined()
  })
})

describe('states of a message', () => {
  const out = (status: Message['status'], part: Partial<Message> = {}) =>
    message({ id: 'a', seq: 1, direction: 'out', author: 'agent', status, ...part })

  it.each<[Message['status'], MessageEventType, Message['status'], Message['status']]>([
    ['queued', 'message.sent', 'sent', 'sent'],
    ['read', 'message.status', 'delivered', 'read'],
    ['delivered', 'message.sent', 'sent', 'delivered'],
    ['sent', 'message.status', 'failed', 'failed'],
    ['failed', 'message.status', 'delivered', 'delivered'],
    ['uncertain', 'message.sent', 'sent', 'sent'],
    ['sent', 'message.queued', 'queued', 'sent'],
    ['failed', 'message.queued', 'queued', 'queued'],
    ['uncertain', 'message.queued', 'queued', 'queued'],
    ['failed', 'message.status', 'queued', 'failed'],
  ])('%s, then %s with %s, is %s', (before, type, status, after) => {
    thread([[out(before)]])
    applyEvent(client, event(type, out(status)), NOWHERE)
    expect(shown()[0]?.status).toBe(after)
  })

  it('keeps the reason of a failure against a late copy without it', () => {
    thread([[out('failed', { error: { code: 'not-on-whatsapp', detail: null } })]])
    applyEvent(client, event('message.status', out('sent')), NOWHERE)
    expect(shown()[0]?.error?.code).toBe('not-on-whatsapp')
  })

  it('does not bring in a message by its tick alone', () => {
    thread([[]])
    applyEvent(client, event('message.status', out('read')), NOWHERE)
    expect(shown()).toHaveLength(0)
  })

  it('leaves a stub of what was deleted', () => {
    thread([[out('read')]])
    applyEvent(client, event('message.updated', out('read', { text: null, deleted_at: minute(3) })), NOWHERE)
    expect(shown()[0]).toMatchObject({ id: 'a', deleted_at: minute(3) })
  })

  it('ticks the preview in the list, forwards only', () => {
    list(ALL, [conversation({ last_message: preview(out('delivered')) })])
    applyEvent(client, event('message.status', out('sent')), NOWHERE)
    expect(rows(ALL)[0]?.last_message?.status).toBe('delivered')
    applyEvent(client, event('message.status', out('read')), NOWHERE)
    expect(rows(ALL)[0]?.last_message?.status).toBe('read')
  })
})

describe('the list', () => {
  const older = conversation({ id: 'older', last_message: preview(message({ id: 'x', created_at: minute(1) })) })
  const newer = conversation({ id: 'newer', last_message: preview(message({ id: 'y', created_at: minute(5) })) })

  it('moves the conversation of a new message to the top with its preview', () => {
    list(ALL, [newer, older])
    const arrived = message({ id: 'z', conversation_id: 'older', created_at: minute(9), text: 'Alô' })
    applyEvent(client, event('message.received', arrived), NOWHERE)
    expect(rows(ALL).map((c) => c.id)).toEqual(['older', 'newer'])
    expect(rows(ALL)[0]?.last_message?.text).toBe('Alô')
  })

  it('counts it as unread once, and not at all where it is being read', () => {
    list(ALL, [newer, older])
    const arrived = message({ id: 'z', conversation_id: 'older', created_at: minute(9) })
    applyEvent(client, event('message.received', arrived), NOWHERE)
    applyEvent(client, event('message.received', arrived), NOWHERE)
    expect(rows(ALL).find((c) => c.id === 'older')?.unread_count).toBe(1)
    const read = message({ id: 'w', conversation_id: 'newer', created_at: minute(10) })
    applyEvent(client, event('message.received', read), { readingId: 'newer' })
    expect(rows(ALL).find((c) => c.id === 'newer')?.unread_count).toBe(0)
  })

  it('does not count what we send', () => {
    list(ALL, [newer])
    const sent = message({ id: 'z', conversation_id: 'newer', created_at: minute(9), direction: 'out', status: 'sent' })
    applyEvent(client, event('message.sent', sent), NOWHERE)
    expect(rows(ALL)[0]).toMatchObject({ unread_count: 0, last_message: { id: 'z' } })
  })

  it('does not go back to an older preview', () => {
    list(ALL, [newer])
    applyEvent(
      client,
      event('message.received', message({ id: 'q', conversation_id: 'newer', created_at: minute(2) })),
      NOWHERE,
    )
    expect(rows(ALL)[0]?.last_message?.id).toBe('y')
  })

  it('asks again for a conversation that it does not know', () => {
    list(ALL, [newer])
    const stale = applyEvent(client, event('message.received', message({ conversation_id: 'unknown' })), NOWHERE)
    expect(stale).toContainEqual(keys.conversations)
    expect(stale).toContainEqual(keys.counts)
  })

  it('drops a conversation whose filter no longer matches, and adds it where it now does', () => {
    list(QUEUED, [])
    list({ ...ALL, view: 'bot' }, [newer])
    applyEvent(client, event('handoff.requested', { ...newer, state: 'queued', updated_at: minute(6) }), NOWHERE)
    expect(rows({ ...ALL, view: 'bot' })).toEqual([])
    expect(rows(QUEUED).map((c) => c.id)).toEqual(['newer'])
  })

  it('knows whose "mine" it is', () => {
    const mine: ConversationFilters = { ...ALL, view: 'mine' }
    list(mine, [])
    const taken = { ...newer, state: 'human' as const, updated_at: minute(6) }
    applyEvent(client, event('conversation.updated', { ...taken, assignee: { id: 'other', name: 'Bia' } }), NOWHERE)
    expect(rows(mine)).toEqual([])
    applyEvent(
      client,
      event('conversation.updated', { ...taken, assignee: { id: me.member_id, name: 'Paula' } }),
      NOWHERE,
    )
    expect(rows(mine)).toHaveLength(1)
  })

  it('keeps a row that was just read under the filter of the unread', () => {
    const unread: ConversationFilters = { ...ALL, unread: true }
    list(unread, [{ ...newer, unread_count: 2 }])
    applyEvent(client, event('conversation.updated', { ...newer, unread_count: 0 }), NOWHERE)
    expect(rows(unread)[0]?.unread_count).toBe(0)
  })

  it('leaves a search to the server', () => {
    const search: ConversationFilters = { ...ALL, q: 'ana' }
    list(search, [])
    const stale = applyEvent(client, event('conversation.updated', newer), NOWHERE)
    expect(rows(search)).toEqual([])
    expect(stale).toContainEqual(keys.conversationList(search))
  })

  it('does not put a row behind pages that are not loaded', () => {
    list(ALL, [newer], 'more')
    applyEvent(client, event('conversation.updated', older), NOWHERE)
    expect(rows(ALL).map((c) => c.id)).toEqual(['newer'])
  })
})

describe('counts and headers', () => {
  const counts: ConversationCounts = { mine: 1, queued: 2, bot: 3, all: 6, unread: 4 }

  it('moves one from a tab to another', () => {
    client.setQueryData(keys.counts, counts)
    client.setQueryData(keys.conversation('conversation-1'), conversation({ state: 'bot' }))
    const next = conversation({ state: 'human', assignee: { id: me.member_id, name: 'Paula' } })
    applyEvent(client, event('conversation.updated', next), NOWHERE)
    expect(client.getQueryData(keys.counts)).toEqual({ ...counts, mine: 2, bot: 2 })
    expect(client.getQueryData<Conversation>(keys.conversation('conversation-1'))?.state).toBe('human')
  })

  it('takes a resolved one out of all', () => {
    client.setQueryData(keys.counts, counts)
    client.setQueryData(keys.conversation('conversation-1'), conversation({ state: 'queued', unread_count: 1 }))
    applyEvent(client, event('conversation.updated', conversation({ state: 'resolved' })), NOWHERE)
    expect(client.getQueryData(keys.counts)).toEqual({ ...counts, queued: 1, all: 5, unread: 3 })
  })

  it('asks when it cannot know', () => {
    client.setQueryData(keys.counts, counts)
    const stale = applyEvent(client, event('conversation.updated', conversation({ id: 'new' })), NOWHERE)
    expect(stale).toContainEqual(keys.counts)
    expect(client.getQueryData(keys.counts)).toEqual(counts)
  })

  it('asks for the usage when a part of it is reached, or was wrong', () => {
    for (const type of ['usage.threshold', 'usage.corrected'] as const) {
      expect(applyEvent(client, event(type, { resource: 'contacts' }), NOWHERE)).toEqual([keys.usage])
    }
  })

  it('patches a channel, adds a new one, and ignores what it does not know', () => {
    client.setQueryData(keys.channels, [{ id: 'c', state: 'connecting' }])
    const stale = applyEvent(client, event('channel.updated', { id: 'c', state: 'connected' }), NOWHERE)
    // What is wrong with it, and what to do, is asked for anew.
    expect(stale).toEqual([keys.channelHealth('c')])
    applyEvent(client, event('channel.updated', { id: 'd', state: 'disconnected' }), NOWHERE)
    expect(client.getQueryData(keys.channels)).toEqual([
      { id: 'c', state: 'connected' },
      { id: 'd', state: 'disconnected' },
    ])
    expect(applyEvent(client, event('appointment.updated' as 'channel.updated', {}), NOWHERE)).toEqual([])
  })
})
