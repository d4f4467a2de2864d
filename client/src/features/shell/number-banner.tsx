import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { channelsQuery } from '@/api/queries'
import { useFormat } from '@/lib/use-format'
import { useCan } from '@/lib/use-me'

/** WhatsApp stops a number, in whole or from writing first: whoever can do something hears of it on every page. */
export function NumberBanner() {
  const { t } = useTranslation('shell')
  const admin = useCan('channels:write')
  const format = useFormat()
  const { data: channels = [] } = useQuery({ ...channelsQuery(), enabled: admin })
  const stopped = admin && channels.find((channel) => channel.state === 'banned' || channel.restriction)
  if (!stopped) return null
  const { name, restriction, state } = stopped
  const until = restriction?.until
  return (
    <div
      role="status"
      data-testid="number-banner"
      className="flex items-center gap-3 bg-danger-soft px-4 py-1 text-danger"
    >
      <p className="flex-1">
        {state === 'banned'
          ? t('numberBanned', { name })
          : until
            ? t('numberRestrictedUntil', { name, when: format.dateTime(until) })
            : t('numberRestricted', { name })}
      </p>
      <Link to="/channels" className="font-medium underline">
        {t('seeNumber')}
      </Link>
    </div>
  )
}
