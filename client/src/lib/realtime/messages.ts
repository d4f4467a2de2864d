/** A thread's pages in the cache: newest page first, newest message first, one row per message whatever arrives first. */
import type { InfiniteData } from '@tanstack/react-query'
import type { Message, MessagePage } from '@/api/types'
import { mergeMessage } from './status'

export type Thread = InfiniteData<MessagePage>

const same = (a: Message, b: Message): boolean => a.id === b.id || (a.client_id !== null && a.client_id === b.client_id)

export function findMessage(thread: Thread | undefined, message: Message): Message | undefined {
  for (const page of thread?.pages ?? []) {
    const found = page.items.find((item) => same(item, message))
    if (found) return found
  }
  return undefined
}

/** Puts a message in its place by `seq`, or merges it with the copy that is there. */
export function upsertMessage(thread: Thread, message: Message, restart = false): Thread {
  const known = findMessage(thread, message)
  if (known) {
    const merged = mergeMessage(known, message, restart)
    return {
      ...thread,
      pages: thread.pages.map((page) =>
        page.items.includes(known)
          ? { ...page, items: page.items.map((item) => (item === known ? merged : item)) }
          : page,
      ),
    }
  }
  const last = thread.pages.length - 1
  for (const [index, page] of thread.pages.entries()) {
    const at = page.items.findIndex((item) => item.seq < message.seq)
    const fits = at >= 0 || (index === last && page.next_cursor === null)
    if (!fits) continue
    const items = [...page.items]
    items.splice(at >= 0 ? at : items.length, 0, message)
    return { ...thread, pages: thread.pages.map((other, i) => (i === index ? { ...page, items } : other)) }
  }
  // Older than everything loaded: it comes with its own page when the reader gets there.
  return thread
}
