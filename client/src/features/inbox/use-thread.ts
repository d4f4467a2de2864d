/** A thread's rows, from the cache and the outbox, with a way to load what is older. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo, useRef } from 'react'
import type { Conversation, Message } from '@/api/types'
import { useFormat } from '@/lib/use-format'
import { useMe } from '@/lib/use-me'
import { usePending } from './outbox'
import { messagesQuery } from './queries'
import { firstUnread, threadMessages, toRows } from './rows'

export function useThread(conversation: Conversation) {
  const query = useInfiniteQuery(messagesQuery(conversation.id))
  const pending = usePending(conversation.id)
  const me = useMe()
  const format = useFormat()
  const memberId = me?.member_id
  const name = me?.user.name
  const agent = useMemo<Message['agent']>(() => (memberId && name ? { id: memberId, name } : null), [memberId, name])
  const messages = useMemo(() => threadMessages(query.data, pending, agent), [query.data, pending, agent])

  // Fixed when the thread is first shown: reading must not move the line.
  const unreadAtOpen = useRef(conversation.unread_count)
  const unreadFrom = useRef<string | null>(null)
  if (unreadFrom.current === null && unreadAtOpen.current > 0 && messages.length > 0) {
    unreadFrom.current = firstUnread(messages, unreadAtOpen.current)
    unreadAtOpen.current = 0
  }
  const line = unreadFrom.current
  const rows = useMemo(() => toRows(messages, line, format.dayKey), [messages, line, format])
  return { query, rows, messages }
}
