/**
 * i18next: the words that every page needs come with the app in Portuguese, in English when it is chosen. All other
 * words are a namespace of their own and come with the first page that asks for them.
 */
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { preference } from '@/lib/storage'
import { LATER, type Later, type LaterWords } from './later'
import portuguese from './pt-BR'

export type Language = 'pt-BR' | 'en'

const KEY = 'evo-language'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'ui'
    resources: typeof portuguese & LaterWords
  }
}

const wanted = new Set<Later>()
// Ahead of i18next's own while a change is under way, so that words asked for meanwhile come in the new language too.
let chosen: Language = 'pt-BR'
const loaded = new Map<string, Promise<void>>()

export function isLanguage(value: unknown): value is Language {
  return value === 'pt-BR' || value === 'en'
}

function initial(): Language {
  const stored = preference.get(KEY)
  if (isLanguage(stored)) return stored
  return navigator.language.toLowerCase().startsWith('en') ? 'en' : 'pt-BR'
}

function once(key: string, work: () => Promise<void>): Promise<void> {
  const known = loaded.get(key)
  if (known) return known
  const promise = work()
  loaded.set(key, promise)
  promise.catch(() => loaded.delete(key))
  return promise
}

const loadCore = (language: Language) =>
  once(`core ${language}`, async () => {
    if (language === 'pt-BR') return
    const { default: bundle } = await import('./en')
    for (const [namespace, words] of Object.entries(bundle)) i18next.addResourceBundle(language, namespace, words)
  })

const loadLater = (namespace: Later, language: Language) =>
  once(`${namespace} ${language}`, async () => {
    const { default: words } = await LATER[namespace][language]()
    i18next.addResourceBundle(language, namespace, words)
  })

/** The words of a page; Portuguese too, since it stands in for what English lacks. */
export async function loadWords(...namespaces: Later[]): Promise<void> {
  for (const namespace of namespaces) wanted.add(namespace)
  const languages = new Set<Language>(['pt-BR', chosen])
  await Promise.all([...languages].flatMap((language) => namespaces.map((each) => loadLater(each, language))))
}

/** For `beforeLoad`: asks for the words while the page's own code is on its way. The loader waits for them. */
export function askForWords(...namespaces: Later[]): void {
  loadWords(...namespaces).catch(() => undefined)
}

export async function setLanguage(language: Language): Promise<void> {
  chosen = language
  await Promise.all([loadCore(language), ...[...wanted].map((namespace) => loadLater(namespace, language))])
  preference.set(KEY, language)
  await i18next.changeLanguage(language)
  document.documentElement.lang = language
}

export async function startI18n(language: Language = initial()): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: 'pt-BR',
    fallbackLng: 'pt-BR',
    resources: { 'pt-BR': portuguese },
    defaultNS: 'ui',
    interpolation: { escapeValue: false },
    returnNull: false,
  })
  if (language === 'pt-BR') document.documentElement.lang = language
  else await setLanguage(language)
}
