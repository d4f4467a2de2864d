import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import type { Conversation } from '@/api/types'

/** Why a conversation waits for a person, in words; a reason that we do not know is still a reason. */
export function useHandoffReason(): (handoff: Conversation['handoff']) => string {
  const { t, i18n } = useTranslation('inbox')
  return useCallback(
    (handoff: Conversation['handoff']) =>
      handoff && i18n.exists(`inbox:reason.${handoff.reason}`)
        ? t(`reason.${handoff.reason}` as 'reason.other')
        : t('reason.other'),
    [t, i18n],
  )
}
