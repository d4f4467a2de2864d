/** The keys of the query cache: one place, because queries write them and live events change what is under them. */

import type { DocumentSource, DocumentState, EventClass } from './types'

export type InboxView = 'mine' | 'queued' | 'bot' | 'all' | 'resolved'

export interface ConversationFilters {
  view: InboxView
  q: string
  unread: boolean
  channel: string
}

export interface EventFilters {
  /** Empty: all of them; so too the others. */
  class: EventClass | ''
  reason: string
  channel: string
  day: string
}

export interface DocumentFilters {
  /** Empty: all of them; so too the others. */
  state: DocumentState | ''
  source: DocumentSource | ''
  tag: string
  q: string
}

export interface ContactFilters {
  q: string
  tag: string
  out: 'yes' | 'no' | ''
}

export const keys = {
  me: ['me'] as const,
  tenant: ['tenant'] as const,
  members: ['members'] as const,
  plans: ['plans'] as const,
  usage: ['usage'] as const,
  channels: ['channels'] as const,
  channelHealth: (id: string) => ['channel-health', id] as const,
  channelWebhook: (id: string) => ['channel-webhook', id] as const,
  templates: (channelId: string) => ['templates', channelId] as const,
  conversations: ['conversations'] as const,
  conversationList: (filters: ConversationFilters) => ['conversations', filters] as const,
  latest: ['latest'] as const,
  counts: ['counts'] as const,
  conversation: (id: string) => ['conversation', id] as const,
  messages: (conversationId: string) => ['messages', conversationId] as const,
  pdfPage: (mediaId: string, number: number) => ['pdf-page', mediaId, number] as const,
  trace: (messageId: string) => ['trace', messageId] as const,
  contact: (id: string) => ['contact', id] as const,
  contacts: ['contacts'] as const,
  contactList: (filters: ContactFilters) => ['contacts', filters] as const,
  foundContacts: (q: string) => ['contacts', 'found', q] as const,
  conversationsOf: (contactId: string) => ['conversations-of', contactId] as const,
  facts: (contactId: string) => ['facts', contactId] as const,
  summary: (conversationId: string) => ['summary', conversationId] as const,
  tools: ['tools'] as const,
  toolServers: ['tool-servers'] as const,
  assistants: ['assistants'] as const,
  ledger: (from: string, to: string) => ['ledger', from, to] as const,
  ledgers: ['ledger'] as const,
  events: ['events'] as const,
  eventList: (filters: EventFilters) => ['events', 'list', filters] as const,
  event: (id: string) => ['events', 'one', id] as const,
  deadLetters: ['dead-letters'] as const,
  deadLetterList: (state: 'open' | 'closed') => ['dead-letters', state] as const,
  queueHealth: ['queue-health'] as const,
  documents: ['documents'] as const,
  documentList: (filters: DocumentFilters) => ['documents', filters] as const,
  document: (id: string) => ['document', id] as const,
  passage: (chunkId: string) => ['passage', chunkId] as const,
  gaps: ['gaps'] as const,
  gapList: (state: string) => ['gaps', state] as const,
  documentTags: ['document-tags'] as const,
  versions: (assistantId: string) => ['versions', assistantId] as const,
  versionDiff: (assistantId: string, from: number) => ['versions', assistantId, 'diff', from] as const,
  testCases: (assistantId: string) => ['test-cases', assistantId] as const,
  testRuns: (assistantId: string) => ['test-runs', assistantId] as const,
  testRun: (id: string) => ['test-run', id] as const,
  oneTestRun: ['test-run'] as const,
  testEstimate: (assistantId: string) => ['test-estimate', assistantId] as const,
  citable: ['documents-citable'] as const,
}
