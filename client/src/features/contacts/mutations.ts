/** What people do with contacts. Whatever shows one is asked again. */
import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '@/api/client'
import { type ContactFilters, keys } from '@/api/keys'
import type { Contact, ContactIn, ContactPatch } from '@/api/types'
import { useErrorText } from '@/lib/error-text'
import { toast } from '@/lib/toast'
import { asked } from './queries'

function refresh(client: QueryClient, ...ids: string[]): void {
  for (const id of ids) void client.invalidateQueries({ queryKey: keys.contact(id) })
  void client.invalidateQueries({ queryKey: keys.contacts })
  void client.invalidateQueries({ queryKey: keys.conversations })
  void client.invalidateQueries({ queryKey: ['conversation'] })
  void client.invalidateQueries({ queryKey: ['conversations-of'] })
}

export function useCreateContact() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: ContactIn) => unwrap(api.POST('/api/v1/contacts', { body })),
    onSuccess: () => refresh(client),
  })
}

export function useChangeContact(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: ContactPatch) =>
      unwrap(api.PATCH('/api/v1/contacts/{contact_id}', { params: { path: { contact_id: id } }, body })),
    onSuccess: () => refresh(client, id),
  })
}

export function useMergeContacts(kept: string) {
  const client = useQueryClient()
  const { t } = useTranslation('contacts')
  return useMutation({
    mutationFn: (other: Contact) =>
      unwrap(
        api.POST('/api/v1/contacts/{contact_id}/merge', {
          params: { path: { contact_id: kept } },
          body: { contact_id: other.id },
        }),
      ),
    onSuccess: (_, other) => {
      client.removeQueries({ queryKey: keys.contact(other.id) })
      refresh(client, kept)
      toast('success', t('merge.done'))
    },
  })
}

export function useUndoMerge(kept: string) {
  const client = useQueryClient()
  const text = useErrorText()
  const { t } = useTranslation('contacts')
  return useMutation({
    mutationFn: () =>
      unwrap(api.POST('/api/v1/contacts/{contact_id}/undo-merge', { params: { path: { contact_id: kept } } })),
    onSuccess: () => {
      refresh(client, kept)
      toast('success', t('merge.undone'))
    },
    onError: (error) => toast('error', text(error)),
  })
}

export function useEraseContact(id: string) {
  const client = useQueryClient()
  const { t } = useTranslation('contacts')
  return useMutation({
    mutationFn: () => unwrap(api.DELETE('/api/v1/contacts/{contact_id}', { params: { path: { contact_id: id } } })),
    onSuccess: () => {
      client.removeQueries({ queryKey: keys.contact(id) })
      refresh(client)
      toast('success', t('erase.done'))
    },
  })
}

export function useImportContacts() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ file, dryRun }: { file: File; dryRun: boolean }) => {
      const form = new FormData()
      form.append('file', file)
      return unwrap(
        api.POST('/api/v1/contacts/import', {
          params: { query: { dry_run: dryRun ? ('true' as const) : ('false' as const) } },
          body: form as never,
          bodySerializer: (body: unknown) => body as FormData,
        } as never),
      ) as Promise<import('@/api/types').ImportReport>
    },
    onSuccess: (report) => !report.dry_run && refresh(client),
  })
}

export function useExportContacts() {
  const text = useErrorText()
  return useMutation({
    mutationFn: async (filters: ContactFilters) => {
      const raw = await unwrap(
        api.GET('/api/v1/contacts/export', { params: { query: asked(filters) }, parseAs: 'blob' }),
      )
      const url = URL.createObjectURL(raw as unknown as Blob)
      const link = Object.assign(document.createElement('a'), { href: url, download: 'contacts.csv' })
      link.click()
      URL.revokeObjectURL(url)
    },
    onError: (error) => toast('error', text(error)),
  })
}
