/** Adding, changing, reading again and deleting documents, and the search by hand. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '@/api/client'
import { ApiError } from '@/api/errors'
import { keys } from '@/api/keys'
import type { DocumentPatch, GapAnswer } from '@/api/types'
import { useErrorText } from '@/lib/error-text'
import { dropDocument, putAnswer } from '@/lib/realtime/documents'
import { toast } from '@/lib/toast'

export type NewDocument = { tags: string[] } & (
  | { url: string; refresh_days: number | null }
  | { question: string; answer: string }
)

const pathOf = (id: string) => ({ path: { document_id: id } })

export function useAddDocument() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ body, key }: { body: NewDocument; key: string }) =>
      unwrap(
        api.POST('/api/v1/documents', {
          headers: { 'Idempotency-Key': key },
          // The contract names no body, since that of a file is a form.
          body: body as never,
        }),
      ),
    onSuccess: (document) => putAnswer(client, document),
  })
}

export function useChangeDocument(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: DocumentPatch) =>
      unwrap(api.PATCH('/api/v1/documents/{document_id}', { params: pathOf(id), body })),
    onSuccess: (document) => putAnswer(client, document),
  })
}

/** From the beginning: what failed, or a page whose text may have changed. */
export function useReadAgain(id: string) {
  const client = useQueryClient()
  const text = useErrorText()
  return useMutation({
    mutationFn: (verb: 'retry' | 'refresh') =>
      verb === 'retry'
        ? unwrap(api.POST('/api/v1/documents/{document_id}/retry', { params: pathOf(id) }))
        : unwrap(api.POST('/api/v1/documents/{document_id}/refresh', { params: pathOf(id) })),
    onSuccess: (document) => putAnswer(client, document),
    onError: (error) => {
      void client.invalidateQueries({ queryKey: keys.documents })
      toast('error', text(error))
    },
  })
}

export function useDeleteDocument() {
  const client = useQueryClient()
  const { t } = useTranslation('knowledge')
  return useMutation({
    mutationFn: (id: string) => unwrap(api.DELETE('/api/v1/documents/{document_id}', { params: pathOf(id) })),
    onSuccess: (_, id) => {
      client.removeQueries({ queryKey: keys.document(id) })
      for (const queryKey of dropDocument(client, id)) void client.invalidateQueries({ queryKey })
      toast('success', t('delete.done'))
    },
    onError: (error, id) => {
      // Somebody else was faster.
      if (error instanceof ApiError && error.status === 404) dropDocument(client, id)
    },
  })
}

export function useDismissGap() {
  const client = useQueryClient()
  const text = useErrorText()
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api.POST('/api/v1/knowledge/gaps/{gap_id}/dismiss', { params: { path: { gap_id: id } } })),
    onError: (error) => toast('error', text(error)),
    onSettled: () => void client.invalidateQueries({ queryKey: keys.gaps }),
  })
}

export function useAnswerGap(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: GapAnswer) =>
      unwrap(api.POST('/api/v1/knowledge/gaps/{gap_id}/answer', { params: { path: { gap_id: id } }, body })),
    onSuccess: (document) => putAnswer(client, document),
    onSettled: () => void client.invalidateQueries({ queryKey: keys.gaps }),
  })
}

export interface SearchTest {
  query: string
  tag: string
}

export function useSearchTest() {
  return useMutation({
    mutationFn: async ({ query, tag }: SearchTest) => {
      const body = { query, limit: 10, ...(tag ? { tags: [tag] } : {}) }
      return (await unwrap(api.POST('/api/v1/knowledge/search', { body }))).items
    },
  })
}
