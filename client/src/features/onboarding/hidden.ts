/** What a person chose to skip or hide, kept per tenant in this browser. */
import { preference } from '@/lib/storage'
import { makeStore, useStore } from '@/lib/store'
import type { StepId } from './steps'

interface Choice {
  hidden: boolean
  skipped: StepId[]
}

const NONE: Choice = { hidden: false, skipped: [] }
const choices = makeStore<Readonly<Record<string, Choice>>>({})
const keyOf = (tenantId: string) => `evo-first-steps:${tenantId}`

function read(tenantId: string): Choice {
  const known = choices.get()[tenantId]
  if (known) return known
  try {
    return { ...NONE, ...(JSON.parse(preference.get(keyOf(tenantId)) ?? '{}') as Partial<Choice>) }
  } catch {
    return NONE
  }
}

const cache = new Map<string, Choice>()

function stable(tenantId: string): Choice {
  const next = read(tenantId)
  const before = cache.get(tenantId)
  if (before && JSON.stringify(before) === JSON.stringify(next)) return before
  cache.set(tenantId, next)
  return next
}

export function useChoice(tenantId: string): Choice {
  return useStore(choices, () => stable(tenantId))
}

export function setChoice(tenantId: string, part: Partial<Choice>): void {
  const next = { ...read(tenantId), ...part }
  preference.set(keyOf(tenantId), JSON.stringify(next))
  choices.set({ ...choices.get(), [tenantId]: next })
}
