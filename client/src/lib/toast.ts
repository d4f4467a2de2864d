/** Short reports of background work. The toaster is loaded with the first one. */
import { makeStore } from './store'

export const toasterWanted = makeStore(false)

export function toast(kind: 'success' | 'error' | 'message', text: string): void {
  toasterWanted.set(true)
  void import('sonner').then(({ toast: show }) => show[kind](text))
}
