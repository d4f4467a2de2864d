/** Saving the tenant's profile and one's own; the session carries both, so that names and times change everywhere. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'
import { patchSession } from '@/api/session'
import type { TenantPatch } from '@/api/types'

export function useSaveTenant() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: TenantPatch) => unwrap(api.PATCH('/api/v1/tenant', { body })),
    onSuccess: (tenant) => {
      client.setQueryData(keys.tenant, tenant)
      patchSession({ tenant })
    },
  })
}

export function useSaveMe() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: { name?: string; language?: 'pt-BR' | 'en' }) => unwrap(api.PATCH('/api/v1/me', { body })),
    onSuccess: (me) => {
      client.setQueryData(keys.me, me)
      patchSession({ user: me.user })
    },
  })
}
