/** The page's state in the URL; what is at its default stays out of it. */
import type { DocumentFilters } from '@/api/keys'
import type { DocumentSource, DocumentState } from '@/api/types'

export const PARTS = ['documents', 'gaps', 'test'] as const
export type Part = (typeof PARTS)[number]

export const STATES = ['uploaded', 'reading', 'splitting', 'indexing', 'ready', 'failed'] as const
export const GAP_STATES = ['open', 'answered', 'dismissed'] as const
export const SOURCES = ['file', 'page', 'pair'] as const

export interface KnowledgeSearch {
  part?: Exclude<Part, 'documents'>
  state?: DocumentState
  source?: DocumentSource
  tag?: string
  q?: string
  /** The document whose sheet is open. */
  document?: string
}

const text = (value: unknown): string | undefined =>
  (typeof value === 'string' || typeof value === 'number') && String(value) !== ''
    ? String(value).slice(0, 200)
    : undefined

export function parseKnowledgeSearch(raw: Record<string, unknown>): KnowledgeSearch {
  const part = PARTS.find((each) => each === raw.part)
  const state = STATES.find((each) => each === raw.state)
  const source = SOURCES.find((each) => each === raw.source)
  const [tag, q, document] = [text(raw.tag), text(raw.q), text(raw.document)]
  return {
    ...(part && part !== 'documents' ? { part } : {}),
    ...(state ? { state } : {}),
    ...(source ? { source } : {}),
    ...(tag ? { tag } : {}),
    ...(q ? { q } : {}),
    ...(document ? { document } : {}),
  }
}

export const filtersOf = ({ state, source, tag, q }: KnowledgeSearch): DocumentFilters => ({
  state: state ?? '',
  source: source ?? '',
  tag: tag ?? '',
  q: q ?? '',
})
