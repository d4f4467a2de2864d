/** The order of the list on screen, for going to the next and the previous conversation. */
import { makeStore } from '@/lib/store'

const order = makeStore<readonly string[]>([])

export const setListOrder = order.set

export function neighbour(id: string | undefined, step: 1 | -1): string | undefined {
  const ids = order.get()
  const at = id ? ids.indexOf(id) : -1
  if (at < 0) return step === 1 ? ids[0] : undefined
  return ids[at + step]
}
