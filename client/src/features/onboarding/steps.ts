/** The first steps, and which of them are done: read from the tenant's own data, never from a list of ticks. */
import { useQuery } from '@tanstack/react-query'
import { assistantsQuery, channelsQuery, usageQuery } from '@/api/queries'
import { useSession } from '@/api/session'
import type { Assistant, Channel, Conversation, Tenant } from '@/api/types'
import { latestConversationsQuery } from './queries'

export const STEPS = [
  { id: 'connect', to: '/channels', minutes: 3 },
  { id: 'assistant', to: '/assistant', minutes: 5 },
  { id: 'knowledge', to: '/knowledge', minutes: 3 },
  { id: 'test', to: '/inbox', minutes: 1 },
  { id: 'inbox', to: '/inbox', minutes: 2 },
] as const

export type StepId = (typeof STEPS)[number]['id']

interface Facts {
  channels: Channel[]
  assistants: Assistant[]
  conversations: Conversation[]
  /** How many there are. */
  documents: number
  tenant: Tenant | undefined
}

export function stepsDone({ channels, assistants, conversations, documents, tenant }: Facts): Record<StepId, boolean> {
  const described = (tenant?.description.trim().length ?? 0) > 0
  return {
    connect: channels.some((channel) => channel.phone !== null || channel.state === 'connected'),
    // Version 1 comes with sign-up; shaping it means saying what the company is, or publishing anew.
    assistant: assistants.some((a) => a.published_version !== null && (described || a.published_version > 1)),
    knowledge: documents > 0,
    test: conversations.length > 0,
    inbox: conversations.some((c) => c.unread_count === 0 || c.assignee !== null || c.state === 'resolved'),
  }
}

/** Undefined until all the facts are here. */
export function useStepsDone(enabled = true): Record<StepId, boolean> | undefined {
  const tenant = useSession()?.tenant
  const channels = useQuery({ ...channelsQuery(), enabled }).data
  const assistants = useQuery({ ...assistantsQuery(), enabled }).data
  const conversations = useQuery({ ...latestConversationsQuery(), enabled }).data
  const usage = useQuery({ ...usageQuery(), enabled }).data
  if (!channels || !assistants || !conversations || !usage) return undefined
  return stepsDone({ channels, assistants, conversations, documents: usage.documents.used, tenant })
}
