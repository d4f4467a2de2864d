/** The count in the navigation: null when all is done or hidden, and for those who cannot do the steps. */
import { useSession } from '@/api/session'
import { useCan } from '@/lib/use-me'
import { useChoice } from './hidden'
import { STEPS, useStepsDone } from './steps'

export function useProgress(): { done: number; total: number } | null {
  const tenantId = useSession()?.tenant.id ?? ''
  const admin = useCan('tenant:write')
  const choice = useChoice(tenantId)
  const wanted = admin && !choice.hidden
  const done = useStepsDone(wanted)
  if (!wanted || !done) return null
  const steps = STEPS.filter((step) => !choice.skipped.includes(step.id))
  const count = steps.filter((step) => done[step.id]).length
  return count === steps.length ? null : { done: count, total: steps.length }
}
