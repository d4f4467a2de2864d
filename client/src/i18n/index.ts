/** i18next: Portuguese comes with the app, English when it is chosen, and the words behind the login after it. */
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { preference } from '@/lib/storage'
import portuguese from './pt-BR'
import type portugueseApp from './pt-BR.app'

export type Language = 'pt-BR' | 'en'

const KEY = 'evo-language'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'ui'
    resources: typeof portuguese & typeof portugueseApp
  }
}

type Bundle = { default: Record<string, object> }

const FILES: Record<'core' | 'app', Record<Language, () => Promise<Bundle>>> = {
  core: { 'pt-BR': async () => ({ default: portuguese }), en: () => import('./en') },
  app: { 'pt-BR': () => import('./pt-BR.app'), en: () => import('./en.app') },
}

let wanted: ('core' | 'app')[] = ['core']

export function isLanguage(value: unknown): value is Language {
  return value === 'pt-BR' || value === 'en'
}

function initial(): Language {
  const stored = preference.get(KEY)
  if (isLanguage(stored)) return stored
  return navigator.language.toLowerCase().startsWith('en') ? 'en' : 'pt-BR'
}

async function load(language: Language): Promise<void> {
  const bundles = await Promise.all(wanted.map((part) => FILES[part][language]()))
  for (const { default: bundle } of bundles)
    for (const [namespace, words] of Object.entries(bundle)) i18next.addResourceBundle(language, namespace, words)
}

/** The words of the pages behind the login; Portuguese too, since it stands in for what English lacks. */
export async function loadAppWords(): Promise<void> {
  wanted = ['core', 'app']
  const languages = new Set<Language>(['pt-BR', isLanguage(i18next.language) ? i18next.language : 'pt-BR'])
  await Promise.all([...languages].map(load))
}

export async function setLanguage(language: Language): Promise<void> {
  await load(language)
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
