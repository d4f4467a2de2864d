/** What admins do with tools from outside and the servers that list them. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'
import type { Tool, ToolIn, ToolPatch, ToolServer, ToolServerIn, ToolServerPatch } from '@/api/types'
import { useErrorText } from '@/lib/error-text'
import { toast } from '@/lib/toast'

function placed<Row extends { id: string }>(row: Row) {
  return (list: Row[] = []) =>
    list.some((item) => item.id === row.id) ? list.map((item) => (item.id === row.id ? row : item)) : [...list, row]
}

/** A new tool, or with `id` a changed one. */
export function useSaveTool(id: string | null) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ body, key }: { body: ToolIn; key: string }) => {
      if (id === null) return unwrap(api.POST('/api/v1/tools', { body, headers: { 'Idempotency-Key': key } }))
      const { name: _, headers, effect, ...rest } = body
      const patch: ToolPatch = {
        ...rest,
        ...(effect ? { effect } : {}),
        ...(headers && headers.length > 0 ? { headers } : {}),
      }
      return unwrap(api.PATCH('/api/v1/tools/{tool_id}', { params: { path: { tool_id: id } }, body: patch }))
    },
    onSuccess: (tool) => client.setQueryData<Tool[]>(keys.tools, placed(tool)),
  })
}

export function useTryTool(id: string) {
  return useMutation({
    mutationFn: (args: Record<string, unknown>) =>
      unwrap(api.POST('/api/v1/tools/{tool_id}/try', { params: { path: { tool_id: id } }, body: { arguments: args } })),
  })
}

export function useRemoveTool(id: string) {
  const client = useQueryClient()
  const text = useErrorText()
  return useMutation({
    mutationFn: () => unwrap(api.DELETE('/api/v1/tools/{tool_id}', { params: { path: { tool_id: id } } })),
    onSuccess: () => client.setQueryData<Tool[]>(keys.tools, (list = []) => list.filter((item) => item.id !== id)),
    onError: (error) => toast('error', text(error)),
  })
}

export function useCreateServer() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ body, key }: { body: ToolServerIn; key: string }) =>
      unwrap(api.POST('/api/v1/tool-servers', { body, headers: { 'Idempotency-Key': key } })),
    onSuccess: (server) => client.setQueryData<ToolServer[]>(keys.toolServers, placed(server)),
  })
}

export function useChangeServer(id: string) {
  const client = useQueryClient()
  const text = useErrorText()
  return useMutation({
    mutationFn: (body: ToolServerPatch) =>
      unwrap(api.PATCH('/api/v1/tool-servers/{server_id}', { params: { path: { server_id: id } }, body })),
    onSuccess: (server) => client.setQueryData<ToolServer[]>(keys.toolServers, placed(server)),
    onError: (error) => toast('error', text(error)),
  })
}

export function useRefreshServer(id: string) {
  const client = useQueryClient()
  const text = useErrorText()
  return useMutation({
    mutationFn: () =>
      unwrap(api.POST('/api/v1/tool-servers/{server_id}/refresh', { params: { path: { server_id: id } } })),
    onSuccess: (server) => client.setQueryData<ToolServer[]>(keys.toolServers, placed(server)),
    onError: (error) => toast('error', text(error)),
  })
}

export function useRemoveServer(id: string) {
  const client = useQueryClient()
  const text = useErrorText()
  return useMutation({
    mutationFn: () => unwrap(api.DELETE('/api/v1/tool-servers/{server_id}', { params: { path: { server_id: id } } })),
    onSuccess: () =>
      client.setQueryData<ToolServer[]>(keys.toolServers, (list = []) => list.filter((item) => item.id !== id)),
    onError: (error) => toast('error', text(error)),
  })
}
