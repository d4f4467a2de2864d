/** Saving the draft and putting it live. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'
import type { Assistant, AssistantPatch } from '@/api/types'

function useWrite() {
  const client = useQueryClient()
  return (assistant: Assistant) =>
    client.setQueryData<Assistant[]>(keys.assistants, (list = []) =>
      list.map((item) => (item.id === assistant.id ? assistant : item)),
    )
}

export function useSaveDraft(id: string) {
  const write = useWrite()
  return useMutation({
    mutationFn: (body: AssistantPatch) =>
      unwrap(api.PATCH('/api/v1/assistants/{assistant_id}', { params: { path: { assistant_id: id } }, body })),
    onSuccess: write,
  })
}

export function usePublish(id: string) {
  const write = useWrite()
  const client = useQueryClient()
  return useMutation({
    mutationFn: () =>
      unwrap(
        api.POST('/api/v1/assistants/{assistant_id}/publish', { params: { path: { assistant_id: id } }, body: null }),
      ),
    onSuccess: (assistant) => {
      write(assistant)
      void client.invalidateQueries({ queryKey: keys.versions(id) })
    },
  })
}
