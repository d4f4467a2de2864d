import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { type DocumentFilters, keys } from '@/api/keys'
import { PAGES, pageOf } from '@/api/pages'
import type { Gap } from '@/api/types'

export const documentsQuery = (filters: DocumentFilters) =>
  infiniteQueryOptions({
    queryKey: keys.documentList(filters),
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v1/documents', {
          params: {
            query: {
              ...(filters.state ? { state: filters.state } : {}),
              ...(filters.source ? { source: filters.source } : {}),
              ...(filters.tag ? { tag: filters.tag } : {}),
              ...(filters.q ? { q: filters.q } : {}),
              ...pageOf(pageParam),
            },
          },
          signal,
        }),
      ),
    ...PAGES,
  })

export const documentQuery = (id: string) =>
  queryOptions({
    queryKey: keys.document(id),
    queryFn: () => unwrap(api.GET('/api/v1/documents/{document_id}', { params: { path: { document_id: id } } })),
    // Its link to the file is good for five minutes.
    staleTime: 4 * 60_000,
  })

export const tagsQuery = () =>
  queryOptions({
    queryKey: keys.documentTags,
    queryFn: async () => (await unwrap(api.GET('/api/v1/knowledge/tags'))).items,
  })

export const gapsQuery = (state: Gap['state']) =>
  infiniteQueryOptions({
    queryKey: keys.gapList(state),
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v1/knowledge/gaps', {
          params: { query: { state, ...pageOf(pageParam) } },
          signal,
        }),
      ),
    ...PAGES,
  })
