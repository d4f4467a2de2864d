/** The namespaces that come with the first page that needs them, each in a file of its own per language. */
type Bundle = Promise<{ default: object }>

export const LATER = {
  assistant: {
    'pt-BR': (): Bundle => import('./pt-BR/assistant.json'),
    en: (): Bundle => import('./en/assistant.json'),
  },
  auth: { 'pt-BR': (): Bundle => import('./pt-BR/auth.json'), en: (): Bundle => import('./en/auth.json') },
  billing: { 'pt-BR': (): Bundle => import('./pt-BR/billing.json'), en: (): Bundle => import('./en/billing.json') },
  channels: { 'pt-BR': (): Bundle => import('./pt-BR/channels.json'), en: (): Bundle => import('./en/channels.json') },
  contacts: { 'pt-BR': (): Bundle => import('./pt-BR/contacts.json'), en: (): Bundle => import('./en/contacts.json') },
  events: { 'pt-BR': (): Bundle => import('./pt-BR/events.json'), en: (): Bundle => import('./en/events.json') },
  inbox: { 'pt-BR': (): Bundle => import('./pt-BR/inbox.json'), en: (): Bundle => import('./en/inbox.json') },
  knowledge: {
    'pt-BR': (): Bundle => import('./pt-BR/knowledge.json'),
    en: (): Bundle => import('./en/knowledge.json'),
  },
  ledger: { 'pt-BR': (): Bundle => import('./pt-BR/ledger.json'), en: (): Bundle => import('./en/ledger.json') },
  onboarding: {
    'pt-BR': (): Bundle => import('./pt-BR/onboarding.json'),
    en: (): Bundle => import('./en/onboarding.json'),
  },
  trace: { 'pt-BR': (): Bundle => import('./pt-BR/trace.json'), en: (): Bundle => import('./en/trace.json') },
  settings: { 'pt-BR': (): Bundle => import('./pt-BR/settings.json'), en: (): Bundle => import('./en/settings.json') },
  tools: { 'pt-BR': (): Bundle => import('./pt-BR/tools.json'), en: (): Bundle => import('./en/tools.json') },
}

export type Later = keyof typeof LATER

/** Their keys, for the compiler. */
export interface LaterWords {
  assistant: typeof import('./pt-BR/assistant.json')
  auth: typeof import('./pt-BR/auth.json')
  billing: typeof import('./pt-BR/billing.json')
  channels: typeof import('./pt-BR/channels.json')
  contacts: typeof import('./pt-BR/contacts.json')
  events: typeof import('./pt-BR/events.json')
  inbox: typeof import('./pt-BR/inbox.json')
  knowledge: typeof import('./pt-BR/knowledge.json')
  ledger: typeof import('./pt-BR/ledger.json')
  onboarding: typeof import('./pt-BR/onboarding.json')
  trace: typeof import('./pt-BR/trace.json')
  settings: typeof import('./pt-BR/settings.json')
  tools: typeof import('./pt-BR/tools.json')
}
