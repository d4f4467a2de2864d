/** The page's state in the URL; what is at its default stays out of it. */
import type { EventFilters } from '@/api/keys'
import type { EventClass, ReplayAll } from '@/api/types'
import { CLASSES } from '@/lib/event-words'

export interface EventsSearch {
  tab?: 'letters'
  class?: EventClass
  reason?: string
  channel?: string
  day?: string
  /** The event whose sheet is open. */
  event?: string
  /** Which dead letters: those closed rather than those open. */
  closed?: true
}

const text = (value: unknown): string | undefined =>
  (typeof value === 'string' || typeof value === 'number') && String(value) !== ''
    ? String(value).slice(0, 64)
    : undefined

export function parseEventsSearch(raw: Record<string, unknown>): EventsSearch {
  const known = CLASSES.find((each) => each === raw.class)
  const reason = text(raw.reason)
  const channel = text(raw.channel)
  const day = text(raw.day)
  const event = text(raw.event)
  return {
    ...(raw.tab === 'letters' ? { tab: 'letters' as const } : {}),
    ...(known ? { class: known } : {}),
    ...(reason ? { reason } : {}),
    ...(channel ? { channel } : {}),
    ...(day && /^\d{4}-\d{2}-\d{2}$/.test(day) ? { day } : {}),
    ...(event ? { event } : {}),
    ...(raw.closed === true || raw.closed === 'true' ? { closed: true as const } : {}),
  }
}

export function filtersOf(search: EventsSearch): EventFilters {
  return {
    class: search.class ?? '',
    reason: search.reason ?? '',
    channel: search.channel ?? '',
    day: search.day ?? '',
  }
}

/** Reasons worth choosing from, by class. */
export const REASONS = {
  ignored: [
    'duplicate',
    'echo',
    'unmatched-echo',
    'old',
    'blocked',
    'no-contact',
    'group',
    'status-broadcast',
    'broadcast',
    'newsletter',
    'bot',
    'system',
  ],
  quarantined: [
    'not-json',
    'schema',
    'no-address',
    'unknown-event',
    'instance-mismatch',
    'too-large',
    'parser-failed',
    'channel-gone',
    'unsealable',
  ],
} as const

const REPLAYABLE = ['ignored', 'quarantined', 'dead'] as const

export type Replayable = (typeof REPLAYABLE)[number]

export const isReplayable = (word: string | undefined): word is Replayable =>
  REPLAYABLE.some((replayable) => replayable === word)

/** What "all that match" means to the server; null where it could not be told, because it knows no days there. */
export function replayOf(search: EventsSearch): ReplayAll | null {
  // What is old was worked, and only counts as ignored.
  if (!isReplayable(search.class) || search.day || search.reason === 'old') return null
  return {
    state: search.class,
    ...(search.reason ? { reason: search.reason } : {}),
    ...(search.channel ? { channel_id: search.channel } : {}),
  }
}
