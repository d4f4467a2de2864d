/** Keyboard shortcuts: a registry that the handler, the palette and the sheet read. Keys are matched by `event.key`. */
import { useEffect, useRef } from 'react'
import { preference } from './storage'
import { makeStore, useStore } from './store'

export type ShortcutId =
  | 'palette'
  | 'sheet'
  | 'search'
  | 'go-inbox'
  | 'go-assistant'
  | 'go-knowledge'
  | 'go-channels'
  | 'go-settings'
  | 'next'
  | 'previous'
  | 'reply'
  | 'take-over'
  | 'resolve'
  | 'resolve-next'
  | 'assign'
  | 'panel'

export interface Shortcut {
  id: ShortcutId
  /** `mod+k`, `shift+e`, `g i` (one after the other), `?`. */
  keys: string
  run: () => void
}

const KEY = 'evo-single-keys'
const active = makeStore<readonly Shortcut[]>([])
const singleKeys = makeStore<boolean>(preference.get(KEY) !== 'off')

export const useShortcuts = (): readonly Shortcut[] => useStore(active)
export const useSingleKeys = (): boolean => useStore(singleKeys)

export function setSingleKeys(on: boolean): void {
  preference.set(KEY, on ? 'on' : 'off')
  singleKeys.set(on)
}

/** Registers a shortcut while the component is mounted. */
export function useShortcut(id: ShortcutId, keys: string, run: () => void, enabled = true): void {
  const latest = useRef(run)
  useEffect(() => {
    latest.current = run
  })
  useEffect(() => {
    if (!enabled) return
    const shortcut: Shortcut = { id, keys, run: () => latest.current() }
    active.set([...active.get(), shortcut])
    return () => active.set(active.get().filter((other) => other !== shortcut))
  }, [id, keys, enabled])
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

function inLayer(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[role="dialog"], [role="alertdialog"], [role="menu"]') !== null
}

let prefix = ''
let prefixTimer: ReturnType<typeof setTimeout> | undefined

/** What was pressed, in the registry's words; null for a key that can be no shortcut. */
export function pressed(event: KeyboardEvent): string | null {
  if (event.isComposing || event.altKey || event.key.length > 1) return null
  const key = event.key.toLowerCase()
  if (event.ctrlKey || event.metaKey) return `mod+${key}`
  return event.shiftKey && /[a-z]/.test(key) ? `shift+${key}` : key
}

export function handleKey(event: KeyboardEvent): void {
  const keys = pressed(event)
  if (!keys || event.defaultPrevented) return
  const single = !keys.startsWith('mod+')
  if (single && (!singleKeys.get() || isTyping(event.target) || inLayer(event.target))) return
  const sequence = prefix ? `${prefix} ${keys}` : keys
  prefix = ''
  clearTimeout(prefixTimer)
  const found = active.get().findLast((shortcut) => shortcut.keys === sequence)
  if (found) {
    event.preventDefault()
    found.run()
  } else if (active.get().some((shortcut) => shortcut.keys.startsWith(`${keys} `))) {
    prefix = keys
    prefixTimer = setTimeout(() => {
      prefix = ''
    }, 1_000)
  }
}

export function useShortcutHandler(): void {
  useEffect(() => {
    window.addEventListener('keydown', handleKey)
    return () => window.removeEventListener('keydown', handleKey)
  }, [])
}
