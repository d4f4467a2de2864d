/** Rows as the API gives them, typed by its schema; a test states only what matters to it. */
import type {
  Assistant,
  Channel,
  Contact,
  Conversation,
  KnowledgeDocument,
  Me,
  Media,
  Message,
  PlaygroundAnswer,
  SessionOut,
  TestRun,
  Trace,
} from '@/api/types'

const AT = '2026-11-20T12:00:00Z'

export const tenant: SessionOut['tenant'] = {
  id: 'tenant-1',
  name: 'Clínica Sorriso',
  time_zone: 'America/Sao_Paulo',
  language: 'pt-BR',
  description: '',
  business_hours: {},
  asks_satisfaction: false,
  plan: 'free',
  created_at: AT,
}

export const user: SessionOut['user'] = {
  id: 'user-1',
  name: 'Paula Ramos',
  email: 'paula@example.com',
  language: 'pt-BR',
}

export const me: Me = {
  user,
  tenant,
  member_id: 'member-1',
  role: 'owner',
  permissions: [
    'conversations:write',
    'contacts:write',
    'channels:write',
    'assistants:write',
    'documents:write',
    'tenant:write',
    'usage:write',
    'operations:read',
    'operations:write',
  ],
  memberships: [{ tenant_id: tenant.id, tenant_name: tenant.name, role: 'owner' }],
}

export const sessionOut = (token: string): SessionOut => ({ access_token: token, expires_in: 900, user, tenant })

export function message(part: Partial<Message> = {}): Message {
  return {
    id: 'message-1',
    conversation_id: 'conversation-1',
    seq: 1,
    direction: 'in',
    author: 'contact',
    agent: null,
    type: 'text',
    text: 'Oi',
    transcript: null,
    media: null,
    extra: null,
    quote: null,
    reactions: [],
    status: 'received',
    error: null,
    client_id: null,
    trace_id: null,
    edited_at: null,
    deleted_at: null,
    created_at: AT,
    ...part,
  }
}

export function media(kind: Media['kind'], part: Partial<Media> = {}): Media {
  return {
    id: 'media-1',
    kind,
    mime_type: null,
    size: null,
    name: null,
    seconds: null,
    voice: false,
    state: 'pending',
    reading: false,
    error: null,
    retryable: false,
    url: null,
    expires_at: null,
    ...part,
  }
}

export function conversation(part: Partial<Conversation> = {}): Conversation {
  return {
    id: 'conversation-1',
    contact: { id: 'contact-1', name: 'Ana Souza', phone: '5511912345678', opted_out_at: null },
    channel: { id: 'channel-1', name: 'Recepção', provider: 'evolution' },
    state: 'bot',
    assignee: null,
    handoff: null,
    last_message: null,
    unread_count: 0,
    window_expires_at: null,
    resolved_at: null,
    satisfaction: null,
    analysis: null,
    created_at: AT,
    updated_at: AT,
    ...part,
  }
}

export function preview(from: Message): NonNullable<Conversation['last_message']> {
  const { id, type, text, direction, author, status, created_at } = from
  return { id, type, text, direction, author, status, created_at }
}

export function channel(part: Partial<Channel> = {}): Channel {
  return {
    id: 'channel-1',
    name: 'Recepção',
    provider: 'evolution',
    state: 'connected',
    state_reason: null,
    phone: '5511912345678',
    profile_name: null,
    capabilities: {
      delete: false,
      edit: false,
      pairing: true,
      read_marks: false,
      receipt_proof: false,
      history: false,
      lookup: false,
      official: false,
      pairing_code: false,
      reactions: false,
      renews_qr: true,
      sends: ['text'],
      templates: false,
      typing: false,
      window_24h: false,
    },
    restriction: null,
    quality: null,
    webhook_url: 'https://api.example/hooks/•••',
    last_event_at: AT,
    created_at: AT,
    updated_at: AT,
    ...part,
  }
}

export function contact(part: Partial<Contact> = {}): Contact {
  return {
    id: 'contact-1',
    name: 'Ana Souza',
    phone: '5511912345678',
    aliases: [],
    tags: [],
    fields: {},
    blocked_at: null,
    opted_out_at: null,
    over_limit: false,
    created_at: AT,
    updated_at: AT,
    ...part,
  }
}

export function knowledgeDocument(part: Partial<KnowledgeDocument> = {}): KnowledgeDocument {
  return {
    id: 'document-1',
    title: 'Tabela de preços',
    source: 'file',
    url: null,
    question: null,
    answer: null,
    file_name: 'precos.pdf',
    mime_type: 'application/pdf',
    size: 20_480,
    tags: [],
    state: 'ready',
    progress: 100,
    error: null,
    pages: 4,
    chunks: 12,
    refresh_days: null,
    read_at: AT,
    created_at: AT,
    updated_at: AT,
    ...part,
  }
}

export function assistant(part: Partial<Assistant> = {}): Assistant {
  return {
    id: 'assistant-1',
    name: 'Sofia',
    instructions: 'Seja breve.',
    tone: 'warm',
    model: 'gpt-4o-mini',
    fallback_models: ['gpt-4o'],
    quiet_seconds: 4,
    max_wait_seconds: 20,
    handoff_keywords: ['convênio'],
    contact_fields: [],
    tools: [],
    rules: ['Nunca prometa prazos.'],
    handoff_rules: [],
    hours: 'always',
    shadow: false,
    enabled: true,
    pass_rate: 80,
    answers: true,
    published_version: 1,
    published_at: null,
    dirty: false,
    updated_at: AT,
    ...part,
  }
}

export function trace(part: Partial<Trace> = {}): Trace {
  return {
    id: 'trace-1',
    purpose: 'answer',
    conversation_id: 'conversation-1',
    outcome: 'answered',
    model: 'gpt-4o-mini',
    assistant_version: 1,
    prompt_version: '1',
    calls: [],
    tools: [],
    passages: [],
    checks: [],
    input_tokens: 100,
    output_tokens: 20,
    cost_micro_usd: 27,
    cost_micro_brl: 150,
    milliseconds: 900,
    created_at: AT,
    ...part,
  }
}

export function playgroundAnswer(part: Partial<PlaygroundAnswer> = {}): PlaygroundAnswer {
  return { bubbles: ['Olá!'], handoff: null, tools: [], trace: trace({ purpose: 'playground' }), ...part }
}

export function testRun(part: Partial<TestRun> = {}): TestRun {
  return {
    id: 'run-1',
    assistant_id: 'assistant-1',
    state: 'finished',
    error: null,
    total: 3,
    done: 3,
    passed: 3,
    failed: 0,
    published_passed: null,
    publishable: true,
    stale: false,
    estimate: { cases: 3, tokens: 900, cost_micro_usd: 100, cost_micro_brl: 550 },
    tokens: 900,
    cost_micro_usd: 100,
    cost_micro_brl: 550,
    started_by: 'Paula Ramos',
    created_at: AT,
    finished_at: AT,
    ...part,
  }
}
