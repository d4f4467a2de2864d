/** Documents in the cache: where each stands in the lists, by their filters, newest first. */
import type { InfiniteData, QueryClient, QueryKey } from '@tanstack/react-query'
import { type DocumentFilters, keys } from '@/api/keys'
import type { DocumentDetail, DocumentPage, KnowledgeDocument } from '@/api/types'

export type DocumentList = InfiniteData<DocumentPage>

function belongs(document: KnowledgeDocument, { state, source, tag, q }: DocumentFilters): boolean {
  if (state && document.state !== state) return false
  if (source && document.source !== source) return false
  if (tag && !document.tags.includes(tag)) return false
  return !q || document.title.toLowerCase().includes(q.toLowerCase())
}

const without = (list: DocumentList, id: string): DocumentList => ({
  ...list,
  pages: list.pages.map((page) => ({ ...page, items: page.items.filter((item) => item.id !== id) })),
})

function placed(list: DocumentList, next: KnowledgeDocument, filters: DocumentFilters): DocumentList {
  if (!belongs(next, filters)) return without(list, next.id)
  if (list.pages.some((page) => page.items.some((item) => item.id === next.id)))
    return {
      ...list,
      pages: list.pages.map((page) => ({
        ...page,
        items: page.items.map((item) => (item.id === next.id ? next : item)),
      })),
    }
  for (const [index, page] of list.pages.entries()) {
    const at = page.items.findIndex((item) => item.created_at < next.created_at)
    // Older than everything loaded: it comes with its own page.
    if (at < 0 && (index < list.pages.length - 1 || page.next_cursor !== null)) continue
    const items = page.items.toSpliced(at < 0 ? page.items.length : at, 0, next)
    return { ...list, pages: list.pages.map((other, i) => (i === index ? { ...page, items } : other)) }
  }
  return list
}

function known(client: QueryClient, id: string): KnowledgeDocument | undefined {
  const open = client.getQueryData<DocumentDetail>(keys.document(id))
  if (open) return open
  for (const [, list] of client.getQueriesData<DocumentList>({ queryKey: keys.documents })) {
    const found = list?.pages.flatMap((page) => page.items).find((item) => item.id === id)
    if (found) return found
  }
  return undefined
}

/** The answer to a call, which events may have overtaken. */
export function putAnswer(client: QueryClient, answer: KnowledgeDocument): void {
  const before = known(client, answer.id)
  if (before && Date.parse(before.updated_at) > Date.parse(answer.updated_at)) return
  for (const queryKey of putDocument(client, answer)) void client.invalidateQueries({ queryKey })
}

/** Writes a document everywhere it is shown. Gives the keys that have to be asked again. */
export function putDocument(client: QueryClient, next: KnowledgeDocument): QueryKey[] {
  const before = known(client, next.id)
  client.setQueryData<DocumentDetail>(keys.document(next.id), (detail) => detail && { ...detail, ...next })
  for (const [key, list] of client.getQueriesData<DocumentList>({ queryKey: keys.documents }))
    if (list) client.setQueryData(key, placed(list, next, key[1] as DocumentFilters))
  // Who has no list has not come here yet.
  const looking = client.getQueriesData({ queryKey: keys.documents }).length > 0
  const stale: QueryKey[] = []
  if (looking && !before) stale.push(keys.usage)
  if (looking && String(before?.tags ?? []) !== String(next.tags)) stale.push(keys.documentTags)
  return stale
}

export function dropDocument(client: QueryClient, id: string): QueryKey[] {
  for (const [key, list] of client.getQueriesData<DocumentList>({ queryKey: keys.documents }))
    if (list) client.setQueryData(key, without(list, id))
  return [keys.document(id), keys.usage, keys.documentTags]
}
