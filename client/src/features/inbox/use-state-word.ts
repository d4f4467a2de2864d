import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import type { Conversation } from '@/api/types'

/** Who has the conversation, in words. */
export function useStateWord(): (conversation: Conversation) => string {
  const { t } = useTranslation('inbox')
  return useCallback(
    ({ state, assignee }: Conversation) => {
      if (state !== 'human') return t(`stateWord.${state}`)
      return assignee ? t('stateWord.human', { name: assignee.name }) : t('stateWord.humanNobody')
    },
    [t],
  )
}
