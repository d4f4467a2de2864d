/** Conversation lists in the cache: which filter a conversation belongs to, where it stands, what the counts become. */
import type { InfiniteData } from '@tanstack/react-query'
import type { ConversationFilters } from '@/api/keys'
import type { Conversation, ConversationCounts, ConversationPage } from '@/api/types'

export type ConversationList = InfiniteData<ConversationPage>

/** Null: only the server can tell (a search). */
export function belongs(c: Conversation, filters: ConversationFilters, memberId: string | null): boolean | null {
  if (filters.channel && c.channel.id !== filters.channel) return false
  if (filters.unread && c.unread_count === 0) return false
  const inView = {
    mine: c.state === 'human' && c.assignee?.id === memberId,
    queued: c.state === 'queued',
    bot: c.state === 'bot',
    resolved: c.state === 'resolved',
    all: true,
  }[filters.view]
  return inView && filters.q ? null : inView
}

export function activityAt(c: Conversation): number {
  return Date.parse(c.last_message?.created_at ?? c.created_at)
}

function repaged(list: ConversationList, items: Conversation[]): ConversationList {
  let from = 0
  const last = list.pages.length - 1
  const pages = list.pages.map((page, index) => {
    const to = index === last ? items.length : from + page.items.length
    const part = { ...page, items: items.slice(from, to) }
    from = to
    return part
  })
  return { ...list, pages }
}

export interface Placed {
  list: ConversationList
  /** The list has to be asked again. */
  stale: boolean
}

/** Adds, moves or drops one row; rows stand by their last message, newest first. */
export function placeConversation(
  list: ConversationList,
  next: Conversation,
  filters: ConversationFilters,
  memberId: string | null,
): Placed {
  const all = list.pages.flatMap((page) => page.items)
  const index = all.findIndex((item) => item.id === next.id)
  const wanted = belongs(next, filters, memberId)
  if (wanted === false) {
    // "Unread" keeps what was just read in place: a row must not vanish under the pointer.
    if (index < 0) return { list, stale: false }
    if (filters.unread && next.unread_count === 0) {
      const kept = belongs(next, { ...filters, unread: false }, memberId)
      if (kept !== false) return { list: repaged(list, all.with(index, next)), stale: false }
    }
    return { list: repaged(list, all.toSpliced(index, 1)), stale: false }
  }
  if (index < 0 && wanted === null) return { list, stale: true }
  const before = index >= 0 ? all[index] : undefined
  if (before && activityAt(before) === activityAt(next))
    return { list: repaged(list, all.with(index, next)), stale: false }
  const rest = index >= 0 ? all.toSpliced(index, 1) : all
  const at = rest.findIndex((item) => activityAt(item) < activityAt(next))
  const more = list.pages.at(-1)?.next_cursor != null
  if (at < 0 && more && !before) return { list, stale: false }
  return { list: repaged(list, rest.toSpliced(at < 0 ? rest.length : at, 0, next)), stale: false }
}

function tally(c: Conversation, memberId: string | null): ConversationCounts {
  const open = c.state !== 'resolved'
  return {
    mine: c.state === 'human' && c.assignee?.id === memberId ? 1 : 0,
    queued: c.state === 'queued' ? 1 : 0,
    bot: c.state === 'bot' ? 1 : 0,
    all: open ? 1 : 0,
    unread: open ? c.unread_count : 0,
  }
}

/** The counts after one conversation changed from what we knew to what it is. */
export function recount(
  counts: ConversationCounts,
  before: Conversation,
  after: Conversation,
  memberId: string | null,
): ConversationCounts {
  const a = tally(before, memberId)
  const b = tally(after, memberId)
  const step = (key: keyof ConversationCounts) => Math.max(0, counts[key] + b[key] - a[key])
  return { mine: step('mine'), queued: step('queued'), bot: step('bot'), all: step('all'), unread: step('unread') }
}
