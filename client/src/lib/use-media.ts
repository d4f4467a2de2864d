import { useCallback, useSyncExternalStore } from 'react'

/** Whether a media query holds now; true where there is no screen to ask. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      if (typeof matchMedia === 'undefined') return () => undefined
      const media = matchMedia(query)
      media.addEventListener('change', listener)
      return () => media.removeEventListener('change', listener)
    },
    [query],
  )
  return useSyncExternalStore(subscribe, () => (typeof matchMedia === 'undefined' ? true : matchMedia(query).matches))
}

/** The width from which a table has room. */
export const WIDE = '(min-width: 48rem)'
