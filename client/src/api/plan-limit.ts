/** The last limit of the plan that the server named; the shell shows it until it is dismissed or has reset. */
import { useSyncExternalStore } from 'react'
import type { PlanLimit } from './errors'

let current: PlanLimit | null = null
const listeners = new Set<() => void>()

function set(next: PlanLimit | null): void {
  current = next
  for (const listener of listeners) listener()
}

export const reportPlanLimit = (limit: PlanLimit): void => set(limit)
export const clearPlanLimit = (): void => set(null)

export function usePlanLimit(): PlanLimit | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => current,
  )
}
