import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession } from '@/api/session'
import { type Format, makeFormat } from './format'

/** Formatters in the language on screen and the tenant's time zone. */
export function useFormat(): Format {
  const { i18n } = useTranslation()
  const timeZone = useSession()?.tenant.time_zone ?? 'America/Sao_Paulo'
  return useMemo(() => makeFormat(i18n.language, timeZone), [i18n.language, timeZone])
}
