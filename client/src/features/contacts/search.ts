/** The page's state in the URL; what is at its default stays out of it. */
import type { ContactFilters } from '@/api/keys'

export interface ContactsSearch {
  q?: string
  tag?: string
  out?: 'yes' | 'no'
  /** The contact whose sheet is open. */
  who?: string
}

const text = (value: unknown, longest: number): string | undefined =>
  (typeof value === 'string' || typeof value === 'number') && String(value).trim() !== ''
    ? String(value).slice(0, longest)
    : undefined

export function parseContactsSearch(raw: Record<string, unknown>): ContactsSearch {
  const q = text(raw.q, 200)
  const tag = text(raw.tag, 40)
  const who = text(raw.who, 64)
  return {
    ...(q ? { q } : {}),
    ...(tag ? { tag } : {}),
    ...(raw.out === 'yes' || raw.out === 'no' ? { out: raw.out } : {}),
    ...(who ? { who } : {}),
  }
}

export function filtersOf(search: ContactsSearch): ContactFilters {
  return { q: search.q ?? '', tag: search.tag ?? '', out: search.out ?? '' }
}
