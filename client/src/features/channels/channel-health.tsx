import { useQuery } from '@tanstack/react-query'
import { ShieldCheck, Signal, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Channel } from '@/api/types'
import { cn } from '@/lib/cn'
import { useFormat } from '@/lib/use-format'
import { Notice } from '@/ui/notice'
import { channelHealthQuery } from './queries'

const GRAVE = new Set(['restricted', 'licence-missing', 'credentials-refused', 'unknown-instance'])

/** How a number is doing beyond its state: sends held back, messages that had to be fetched, and what to do. */
export function ChannelHealth({ channel }: { channel: Channel }) {
  const { t, i18n } = useTranslation('channels')
  const format = useFormat()
  const health = useQuery(channelHealthQuery(channel.id)).data
  if (!health) return null
  const { breaker, gaps, pace, restriction, quality, messaging_limit: limit } = health
  const known = (key: string) => i18n.exists(`channels:${key}`)
  // What the state itself says has no sentence here.
  const cause = known(`cause.${health.cause}`) && t(`cause.${health.cause as 'restricted'}`)
  const advice = known(`advice.${health.advice}`) && t(`advice.${health.advice as 'scan-qr'}`)
  return (
    <div className="flex flex-col gap-2" data-testid="channel-health" data-breaker={breaker} data-cause={health.cause}>
      {cause && (
        <Notice tone={GRAVE.has(health.cause ?? '') ? 'danger' : 'warn'}>
          {cause} {advice}
        </Notice>
      )}
      <ul className="flex flex-col gap-1 text-sm text-fg-muted">
        {channel.state === 'connected' && (
          <li className="flex items-center gap-1.5">
            {breaker === 'closed' ? (
              <ShieldCheck size={14} aria-hidden className="shrink-0 text-ok" />
            ) : (
              <TriangleAlert size={14} aria-hidden className="shrink-0 text-warn" />
            )}
            {t(`breaker.${breaker}`)}
          </li>
        )}
        {quality && (
          <li className="flex items-center gap-1.5">
            <Signal size={14} aria-hidden className={cn('shrink-0', quality === 'high' ? 'text-ok' : 'text-warn')} />
            {t(`quality.${quality}`)}
          </li>
        )}
        {limit != null && (
          <li>{limit < 0 ? t('noLimit') : t('limit', { count: limit, shown: format.number(limit) })}</li>
        )}
        {gaps.messages > 0 && gaps.found_at && (
          <li className="flex items-center gap-1.5">
            <TriangleAlert size={14} aria-hidden className="shrink-0 text-warn" />
            {t('missed', { count: gaps.messages, when: format.dateTime(gaps.found_at) })}
          </li>
        )}
        {restriction?.until && <li>{t('restrictedUntil', { when: format.dateTime(restriction.until) })}</li>}
        {pace && channel.state === 'connected' && (
          <li>
            {t('pace', { limit: format.number(pace.limit), used: format.number(pace.used) })}{' '}
            {pace.replies != null && `${t('replies', { share: format.percent(pace.replies) })} `}
            {pace.limit < pace.most && t('paceGrows', { most: format.number(pace.most) })}
          </li>
        )}
        {gaps.reconciled_at && <li>{t('reconciled', { when: format.dateTime(gaps.reconciled_at) })}</li>}
      </ul>
    </div>
  )
}
