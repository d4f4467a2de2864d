/** The inbox's state in the URL; what is at its default stays out of it. */
import type { ConversationFilters, InboxView } from '@/api/keys'

export const VIEWS: readonly InboxView[] = ['mine', 'queued', 'bot', 'all', 'resolved']

export interface InboxSearch {
  view?: InboxView
  q?: string
  unread?: true
  channel?: string
  /** A conversation is being begun: with the contact of this id, or with somebody yet to be chosen. */
  write?: string
}

export const SOMEBODY = 'somebody'

export function parseInboxSearch(raw: Record<string, unknown>): InboxSearch {
  const view = VIEWS.find((known) => known === raw.view)
  return {
    ...(view && view !== 'all' ? { view } : {}),
    ...(raw.q ? { q: String(raw.q).slice(0, 100) } : {}),
    ...(raw.unread === true || raw.unread === 'true' ? { unread: true as const } : {}),
    ...(typeof raw.channel === 'string' ? { channel: raw.channel } : {}),
    ...(typeof raw.write === 'string' && raw.write ? { write: raw.write.slice(0, 64) } : {}),
  }
}

export function filtersOf(search: InboxSearch): ConversationFilters {
  return {
    view: search.view ?? 'all',
    q: search.q ?? '',
    unread: search.unread ?? false,
    channel: search.channel ?? '',
  }
}
