import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'

type MediaErrorKey = keyof typeof import('@/i18n/pt-BR/inbox.json')['mediaError']

/** Why a file is not here, in words. */
export function useMediaError(): (code: string | null) => string {
  const { t, i18n } = useTranslation('inbox')
  return useCallback(
    (code: string | null) =>
      code && i18n.exists(`inbox:mediaError.${code}`)
        ? t(`mediaError.${code as MediaErrorKey}`)
        : t('mediaError.unknown'),
    [t, i18n],
  )
}
