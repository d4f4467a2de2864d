/** Saving the draft, putting it live and back, talking to it, and its tests. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'
import type { Assistant, AssistantPatch, PublishIn, RestoreIn, SpokenLine, TestIn } from '@/api/types'

const pathOf = (id: string) => ({ path: { assistant_id: id } })

function useWrite() {
  const client = useQueryClient()
  return (assistant: Assistant) => {
    client.setQueryData<Assistant[]>(keys.assistants, (list = []) =>
      list.map((item) => (item.id === assistant.id ? assistant : item)),
    )
    void client.invalidateQueries({ queryKey: keys.versions(assistant.id) })
  }
}

export function useSaveDraft(id: string) {
  const write = useWrite()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: AssistantPatch) =>
      unwrap(api.PATCH('/api/v1/assistants/{assistant_id}', { params: pathOf(id), body })),
    onSuccess: (assistant) => {
      write(assistant)
      // Whether a run still speaks for the draft.
      void client.invalidateQueries({ queryKey: keys.testRuns(id) })
      void client.invalidateQueries({ queryKey: keys.oneTestRun })
    },
  })
}

export function usePublish(id: string) {
  const write = useWrite()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: PublishIn) =>
      unwrap(api.POST('/api/v1/assistants/{assistant_id}/publish', { params: pathOf(id), body })),
    onSuccess: (assistant) => {
      write(assistant)
      // Another one may have answered until now.
      void client.invalidateQueries({ queryKey: keys.assistants })
    },
    onError: () => void client.invalidateQueries({ queryKey: keys.testRuns(id) }),
  })
}

export function useRestore(id: string) {
  const write = useWrite()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: RestoreIn) =>
      unwrap(api.POST('/api/v1/assistants/{assistant_id}/restore', { params: pathOf(id), body })),
    onSuccess: (assistant) => {
      write(assistant)
      // Another one may have answered until now, and the runs may speak for another draft.
      void client.invalidateQueries({ queryKey: keys.assistants })
      void client.invalidateQueries({ queryKey: keys.testRuns(id) })
      void client.invalidateQueries({ queryKey: keys.oneTestRun })
    },
  })
}

export function useMakeAssistant() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: { name: string; copy_of: string | null }) => unwrap(api.POST('/api/v1/assistants', { body })),
    onSuccess: (assistant) => {
      client.setQueryData<Assistant[]>(keys.assistants, (list = []) => [...list, assistant])
    },
  })
}

export function useArchiveAssistant() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => unwrap(api.DELETE('/api/v1/assistants/{assistant_id}', { params: pathOf(id) })),
    onSuccess: (_, id) => {
      client.setQueryData<Assistant[]>(keys.assistants, (list = []) => list.filter((item) => item.id !== id))
    },
  })
}

export function usePlayground(id: string) {
  return useMutation({
    mutationFn: (body: { messages: SpokenLine[]; contact_name: string }) =>
      unwrap(api.POST('/api/v1/assistants/{assistant_id}/playground', { params: pathOf(id), body })),
  })
}

export function useSaveCase(assistantId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, body }: { id: string | null; body: TestIn }) => {
      if (id === null)
        return unwrap(api.POST('/api/v1/assistants/{assistant_id}/tests', { params: pathOf(assistantId), body }))
      const { name, messages, contact_name, expectations, must_pass } = body
      return unwrap(
        api.PATCH('/api/v1/assistants/{assistant_id}/tests/{test_id}', {
          params: { path: { assistant_id: assistantId, test_id: id } },
          body: {
            ...(name ? { name } : {}),
            ...(messages ? { messages } : {}),
            contact_name: contact_name ?? '',
            expectations: expectations ?? [],
            must_pass: must_pass ?? true,
          },
        }),
      )
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.testCases(assistantId) })
      void client.invalidateQueries({ queryKey: keys.oneTestRun })
    },
  })
}

export function useDeleteCase(assistantId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(
        api.DELETE('/api/v1/assistants/{assistant_id}/tests/{test_id}', {
          params: { path: { assistant_id: assistantId, test_id: id } },
        }),
      ),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.testCases(assistantId) }),
  })
}

export function useStartRun(assistantId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () =>
      unwrap(api.POST('/api/v1/assistants/{assistant_id}/test-runs', { params: pathOf(assistantId), body: {} })),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.testRuns(assistantId) }),
  })
}

export function useCancelRun(assistantId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api.POST('/api/v1/test-runs/{run_id}/cancel', { params: { path: { run_id: id } } })),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.testRuns(assistantId) })
      void client.invalidateQueries({ queryKey: keys.oneTestRun })
    },
  })
}
