/** The message that is being replied to, for each conversation of this tab. */
import type { Message } from '@/api/types'
import { makeStore, useStore } from '@/lib/store'

const replies = makeStore<Readonly<Record<string, Message>>>({})

export function replyTo(message: Message): void {
  replies.set({ ...replies.get(), [message.conversation_id]: message })
}

export function noReply(conversationId: string): void {
  const { [conversationId]: _, ...rest } = replies.get()
  replies.set(rest)
}

export function useReplyTo(conversationId: string): Message | undefined {
  return useStore(replies, (all) => all[conversationId])
}
