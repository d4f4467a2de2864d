/** What people do to messages that are there. Each waits for the provider, and shows what the server then has. */
import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'
import type { Media, Message } from '@/api/types'
import { useErrorText } from '@/lib/error-text'
import { type Thread, upsertMessage } from '@/lib/realtime/messages'
import { toast } from '@/lib/toast'

export type Touch =
  | { verb: 'react'; message: Message; emoji: string }
  | { verb: 'edit'; message: Message; text: string }
  | { verb: 'delete'; message: Message }

function call(touch: Touch): Promise<Message> {
  const params = { path: { message_id: touch.message.id } }
  switch (touch.verb) {
    case 'react':
      return unwrap(api.POST('/api/v1/messages/{message_id}/reaction', { params, body: { emoji: touch.emoji } }))
    case 'edit':
      return unwrap(api.PATCH('/api/v1/messages/{message_id}', { params, body: { text: touch.text } }))
    case 'delete':
      return unwrap(api.DELETE('/api/v1/messages/{message_id}', { params }))
  }
}

export function useTouch() {
  const client = useQueryClient()
  const text = useErrorText()
  return useMutation({
    mutationFn: call,
    onSuccess: (message) =>
      client.setQueryData<Thread>(keys.messages(message.conversation_id), (thread) =>
        thread ? upsertMessage(thread, message) : thread,
      ),
    onError: (error) => toast('error', text(error)),
  })
}

export function useFetchAgain() {
  const client = useQueryClient()
  const text = useErrorText()
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api.POST('/api/v1/media/{media_id}/retry', { params: { path: { media_id: id } } })),
    onSuccess: (media) => putMedia(client, media),
    onError: (error) => toast('error', text(error)),
  })
}

/** A file stands in every message that names it. */
function putMedia(client: QueryClient, media: Media): void {
  client.setQueriesData<Thread>({ queryKey: ['messages'] }, (thread) =>
    thread
      ? {
          ...thread,
          pages: thread.pages.map((page) => ({
            ...page,
            items: page.items.map((item) => (item.media?.id === media.id ? { ...item, media } : item)),
          })),
        }
      : thread,
  )
}
