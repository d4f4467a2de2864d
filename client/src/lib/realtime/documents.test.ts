// @vitest-environment node
import { QueryClient } from '@tanstack/react-query'
import { beforeEach, describe, expect, it } from 'vitest'
import { type DocumentFilters, keys } from '@/api/keys'
import type { KnowledgeDocument } from '@/api/types'
import { knowledgeDocument } from '@/test/data'
import { type DocumentList, dropDocument, putAnswer, putDocument } from './documents'

const ALL: DocumentFilters = { state: '', source: '', tag: '', q: '' }
const at = (minute: number) => new Date(Date.UTC(2026, 10, 20, 12, minute)).toISOString()
const made = (id: string, minute: number, part: Partial<KnowledgeDocument> = {}) =>
  knowledgeDocument({ id, created_at: at(minute), updated_at: at(minute), ...part })

let client: QueryClient

beforeEach(() => {
  client = new QueryClient()
})

function list(filters: DocumentFilters, items: KnowledgeDocument[], next_cursor: string | null = null): void {
  client.setQueryData<DocumentList>(keys.documentList(filters), {
    pages: [{ items, next_cursor }],
    pageParams: [null],
  })
}

const ids = (filters: DocumentFilters) =>
  client
    .getQueryData<DocumentList>(keys.documentList(filters))
    ?.pages.flatMap((page) => page.items)
    .map(({ id }) => id)

describe('a document in the lists', () => {
  it('stands by its age, newest first, and only once', () => {
    list(ALL, [made('c', 3), made('a', 1)])
    putDocument(client, made('b', 2))
    putDocument(client, made('b', 2, { state: 'reading' }))
    putDocument(client, made('d', 4))
    expect(ids(ALL)).toEqual(['d', 'c', 'b', 'a'])
  })

  it('waits for its own page when it is older than what is loaded', () => {
    list(ALL, [made('c', 3)], 'more')
    putDocument(client, made('a', 1))
    expect(ids(ALL)).toEqual(['c'])
  })

  it.each<[Partial<DocumentFilters>, Partial<KnowledgeDocument>]>([
    [{ state: 'failed' }, { state: 'ready' }],
    [{ source: 'pair' }, { source: 'file' }],
    [{ tag: 'loja' }, { tags: ['clínica'] }],
    [{ q: 'PREÇOS' }, { title: 'Regras' }],
  ])('is not where %o is asked and it is %o', (part, is) => {
    const filters = { ...ALL, ...part }
    list(filters, [made('a', 1)])
    putDocument(client, made('a', 1, is))
    expect(ids(filters)).toEqual([])
  })

  it('is found by a part of its title', () => {
    const filters = { ...ALL, q: 'PREÇOS' }
    list(filters, [])
    putDocument(client, made('a', 1, { title: 'Tabela de preços' }))
    expect(ids(filters)).toEqual(['a'])
  })

  it('goes when it is deleted', () => {
    list(ALL, [made('b', 2), made('a', 1)])
    dropDocument(client, 'a')
    expect(ids(ALL)).toEqual(['b'])
  })

  it('is not undone by an answer that events overtook', () => {
    list(ALL, [made('a', 1)])
    putDocument(client, made('a', 1, { state: 'ready', updated_at: at(3) }))
    putAnswer(client, made('a', 1, { state: 'uploaded', updated_at: at(2) }))
    const page = client.getQueryData<DocumentList>(keys.documentList(ALL))?.pages[0]
    expect(page?.items[0]?.state).toBe('ready')
  })

  it('has the usage asked again only when it is new', () => {
    list(ALL, [made('a', 1)])
    expect(putDocument(client, made('a', 1, { progress: 50 }))).toEqual([])
    expect(putDocument(client, made('b', 2))).toEqual([keys.usage])
    expect(putDocument(client, made('b', 2, { tags: ['loja'] }))).toEqual([keys.documentTags])
  })
})
