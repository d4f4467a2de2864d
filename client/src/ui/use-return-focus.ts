import { useRef } from 'react'

/**
 * For the content of a Radix dialog that has no trigger of its own: Radix gives the focus back to its trigger alone, so
 * without this it would be lost with the dialog.
 */
export function useReturnFocus() {
  const before = useRef<Element | null>(null)
  return {
    onOpenAutoFocus: () => {
      before.current = document.activeElement
    },
    onCloseAutoFocus: (event: Event) => {
      event.preventDefault()
      if (before.current instanceof HTMLElement && before.current.isConnected) before.current.focus()
    },
  }
}
