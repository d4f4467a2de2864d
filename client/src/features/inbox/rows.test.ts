import { describe, expect, it } from 'vitest'
import type { Thread } from '@/lib/realtime/messages'
import { message } from '@/test/data'
import type { Pending } from './outbox'
import { firstUnread, threadMessages, toRows } from './rows'

const day = (iso: string) => iso.slice(0, 10)
const at = (time: string) => `2026-11-20T${time}Z`
const thread = (...ids: string[]): Thread => ({
  pages: [{ items: ids.map((id) => message({ id, client_id: id.startsWith('c') ? id : null })), next_cursor: null }],
  pageParams: [null],
})
const pending = (client_id: string): Pending => ({
  client_id,
  conversation_id: 'conversation-1',
  text: 'Oi',
  media: null,
  quote: null,
  created_at: at('12:00:00'),
  failure: null,
})

describe('the rows of a thread', () => {
  it('run from old to new and end with what is being sent', () => {
    const messages = threadMessages(thread('b', 'a'), [pending('c1')], null)
    expect(messages.map((m) => m.id)).toEqual(['a', 'b', 'local:c1'])
  })

  it('show what was sent once, under one key', () => {
    const before = toRows(threadMessages(thread('a'), [pending('c1')], null), null, day)
    const after = toRows(threadMessages(thread('c1', 'a'), [pending('c1')], null), null, day)
    expect(after).toHaveLength(2)
    expect(after[1]?.key).toBe(before[1]?.key)
  })

  it('begin each day, and join one author within a minute', () => {
    const messages = [
      message({ id: 'a', created_at: '2026-11-19T12:00:00Z' }),
      message({ id: 'b', created_at: at('12:00:00') }),
      message({ id: 'c', created_at: at('12:00:30') }),
      message({ id: 'd', created_at: at('12:00:40'), direction: 'out', author: 'assistant' }),
      message({ id: 'e', created_at: at('12:00:50'), direction: 'out', author: 'assistant', status: 'failed' }),
      message({ id: 'f', created_at: at('12:05:00'), direction: 'out', author: 'assistant' }),
    ]
    const rows = toRows(messages, 'c', day)
    expect(rows.map((row) => row.startsDay)).toEqual([true, true, false, false, false, false])
    expect(rows.map((row) => row.joined)).toEqual([false, false, true, false, false, false])
    expect(rows.filter((row) => row.startsUnread).map((row) => row.message.id)).toEqual(['c'])
  })

  it('find where the unread begin, counting only what came in', () => {
    const messages = [
      message({ id: 'a' }),
      message({ id: 'b' }),
      message({ id: 'c', direction: 'out' }),
      message({ id: 'd' }),
    ]
    expect(firstUnread(messages, 2)).toBe('b')
    expect(firstUnread(messages, 9)).toBeNull()
  })
})
