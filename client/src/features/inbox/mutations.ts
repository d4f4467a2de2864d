/** What people do with a conversation. The server's answer is written to every place that shows it. */
import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '@/api/client'
import { ApiError } from '@/api/errors'
import { keys } from '@/api/keys'
import type { ContactPatch, Conversation, Message } from '@/api/types'
import { useErrorText } from '@/lib/error-text'
import { type Thread, upsertMessage } from '@/lib/realtime/messages'
import { knownConversation, putConversation } from '@/lib/realtime/reduce'
import { toast } from '@/lib/toast'

export type Verb = 'take-over' | 'hand-back' | 'resolve' | 'reopen' | 'read'

export type Step = { verb: Verb } | { verb: 'assign'; memberId: string | null }

function call(id: string, step: Step): Promise<Conversation> {
  const params = { path: { conversation_id: id } }
  switch (step.verb) {
    case 'take-over':
      return unwrap(api.POST('/api/v1/conversations/{conversation_id}/take-over', { params }))
    case 'hand-back':
      return unwrap(api.POST('/api/v1/conversations/{conversation_id}/hand-back', { params }))
    case 'resolve':
      return unwrap(api.POST('/api/v1/conversations/{conversation_id}/resolve', { params }))
    case 'reopen':
      return unwrap(api.POST('/api/v1/conversations/{conversation_id}/reopen', { params }))
    case 'read':
      return unwrap(api.POST('/api/v1/conversations/{conversation_id}/read', { params }))
    case 'assign':
      return unwrap(
        api.POST('/api/v1/conversations/{conversation_id}/assign', { params, body: { member_id: step.memberId } }),
      )
  }
}

function write(client: QueryClient, next: Conversation): void {
  for (const queryKey of putConversation(client, next)) void client.invalidateQueries({ queryKey })
}

export function useConversationStep(id: string) {
  const client = useQueryClient()
  const text = useErrorText()
  const { t } = useTranslation('inbox')
  return useMutation({
    mutationFn: (step: Step) => call(id, step),
    onSuccess: (next) => write(client, next),
    onError: async (error) => {
      if (!(error instanceof ApiError) || error.status !== 409) return toast('error', text(error))
      await client.invalidateQueries({ queryKey: keys.conversation(id) })
      const winner = knownConversation(client, id)?.assignee?.name
      toast('error', winner ? t('banner.lost', { name: winner }) : text(error))
    },
  })
}

/** Silent: a failed mark is made again with the next message. */
export async function markRead(client: QueryClient, id: string): Promise<void> {
  const known = knownConversation(client, id)
  if (known && known.unread_count > 0) write(client, { ...known, unread_count: 0 })
  try {
    write(client, await call(id, { verb: 'read' }))
  } catch {
    await client.invalidateQueries({ queryKey: keys.conversation(id) })
  }
}

export function useResend() {
  const client = useQueryClient()
  const text = useErrorText()
  return useMutation({
    mutationFn: (message: Message) =>
      unwrap(api.POST('/api/v1/messages/{message_id}/resend', { params: { path: { message_id: message.id } } })),
    onSuccess: (message) =>
      client.setQueryData<Thread>(keys.messages(message.conversation_id), (thread) =>
        thread ? upsertMessage(thread, message, true) : thread,
      ),
    onError: (error) => toast('error', text(error)),
  })
}

export function useContactChange(id: string) {
  const client = useQueryClient()
  const text = useErrorText()
  return useMutation({
    mutationFn: (patch: ContactPatch) =>
      unwrap(api.PATCH('/api/v1/contacts/{contact_id}', { params: { path: { contact_id: id } }, body: patch })),
    onSuccess: (contact) => {
      client.setQueryData(keys.contact(id), (known: object | undefined) => known && { ...known, ...contact })
      void client.invalidateQueries({ queryKey: keys.conversations })
      void client.invalidateQueries({ queryKey: ['conversation'] })
    },
    onError: (error) => toast('error', text(error)),
  })
}
