/** An error in words for people: by its code where we have our own words, else the server's localised sentence. */
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/api/errors'

type ErrorKey = keyof typeof import('@/i18n/pt-BR/errors.json')

export function useErrorText(): (error: unknown) => string {
  const { t, i18n } = useTranslation('errors')
  return useCallback(
    (error: unknown) => {
      if (!(error instanceof ApiError)) return t('unknown')
      const limit = error.planLimit
      if (limit) {
        const known = i18n.exists(`errors:resource-${limit.resource}`)
        const resource = known ? t(`resource-${limit.resource}` as 'resource-messages') : limit.resource
        return t('plan-limit', { resource, used: limit.used, limit: limit.limit })
      }
      if (error.code === 'rate-limited') return t('rate-limited', { count: error.retryAfter ?? 60 })
      if (i18n.exists(`errors:${error.code}`))
        return t(error.code as Exclude<ErrorKey, 'plan-limit' | 'rate-limited_one'>)
      if (error.status >= 500) return t('server')
      return error.detail ?? t('unknown')
    },
    [t, i18n],
  )
}
