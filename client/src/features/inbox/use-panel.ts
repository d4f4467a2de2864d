/** The contact panel: a third pane that is remembered where there is room, a page of its own in the URL where not. */
import { useState, useSyncExternalStore } from 'react'
import { preference } from '@/lib/storage'

const KEY = 'evo-contact-panel'
const wideScreen = typeof matchMedia === 'undefined' ? null : matchMedia('(min-width: 80rem)')

function useWide(): boolean {
  return useSyncExternalStore(
    (listener) => {
      wideScreen?.addEventListener('change', listener)
      return () => wideScreen?.removeEventListener('change', listener)
    },
    () => wideScreen?.matches ?? true,
  )
}

export function usePanel(inUrl: boolean, setInUrl: (open: boolean) => void) {
  const wide = useWide()
  const [folded, setFolded] = useState(() => preference.get(KEY) === 'folded')
  const open = wide ? !folded : inUrl
  const toggle = () => {
    if (!wide) return setInUrl(!open)
    preference.set(KEY, folded ? 'open' : 'folded')
    setFolded(!folded)
  }
  return { wide, open, toggle }
}
