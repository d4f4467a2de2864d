import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/api/errors'
import type { Message } from '@/api/types'
import { useErrorText } from '@/lib/error-text'

type SendErrorKey = keyof typeof import('@/i18n/pt-BR/inbox.json')['sendError']

/** Why a send failed: in our words where the code is known, else as the provider put it. */
export function useSendReason(): (error: Message['error']) => string {
  const { t, i18n } = useTranslation('inbox')
  const errorText = useErrorText()
  return useCallback(
    (error: Message['error']) => {
      if (!error) return t('sendError.unknown')
      if (i18n.exists(`inbox:sendError.${error.code}`)) return t(`sendError.${error.code as SendErrorKey}`)
      if (i18n.exists(`errors:${error.code}`)) return errorText(new ApiError(0, error.code))
      return error.detail ?? t('sendError.unknown')
    },
    [t, i18n, errorText],
  )
}
