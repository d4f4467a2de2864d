/** The colour theme: system, light or dark. `public/theme.js` applies the same rule before the first paint. */
import { preference } from './storage'
import { makeStore, useStore } from './store'

export type Theme = 'system' | 'light' | 'dark'

const KEY = 'evo-theme'
const stored = preference.get(KEY)
const theme = makeStore<Theme>(stored === 'light' || stored === 'dark' ? stored : 'system')
const system = typeof matchMedia === 'undefined' ? null : matchMedia('(prefers-color-scheme: dark)')

function apply(): void {
  const choice = theme.get()
  const dark = choice === 'dark' || (choice === 'system' && system?.matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
}

system?.addEventListener('change', apply)

export function setTheme(next: Theme): void {
  preference.set(KEY, next)
  theme.set(next)
  apply()
}

export function useTheme(): Theme {
  return useStore(theme)
}
