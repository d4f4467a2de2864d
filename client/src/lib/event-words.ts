/** What becomes of stored events, in the order and the words of the ledger and of the list of events. */
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import type { EventClass } from '@/api/types'

export const CLASSES: readonly EventClass[] = [
  'answered',
  'handed_over',
  'signals',
  'ignored',
  'pending',
  'quarantined',
  'dead',
]

type ReasonKey = keyof typeof import('@/i18n/pt-BR/events.json')['reason']

/** A reason in words; one that we do not know yet stands as it came. */
export function useEventReason(): (reason: string) => string {
  const { t, i18n } = useTranslation('events')
  return useCallback(
    (reason: string) => (i18n.exists(`events:reason.${reason}`) ? t(`reason.${reason as ReasonKey}`) : reason),
    [t, i18n],
  )
}
