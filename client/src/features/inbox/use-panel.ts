/** The contact panel: a third pane that is remembered where there is room, a page of its own in the URL where not. */
import { useState } from 'react'
import { preference } from '@/lib/storage'
import { useMedia } from '@/lib/use-media'

const KEY = 'evo-contact-panel'

export function usePanel(inUrl: boolean, setInUrl: (open: boolean) => void) {
  const wide = useMedia('(min-width: 80rem)')
  const [folded, setFolded] = useState(() => preference.get(KEY) === 'folded')
  const open = wide ? !folded : inUrl
  const toggle = () => {
    if (!wide) return setInUrl(!open)
    preference.set(KEY, folded ? 'open' : 'folded')
    setFolded(!folded)
  }
  return { wide, open, toggle }
}
