import { useQuery } from '@tanstack/react-query'
import { ShieldCheck, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Channel } from '@/api/types'
import { useFormat } from '@/lib/use-format'
import { Notice } from '@/ui/notice'
import { channelHealthQuery } from './queries'

/** How a number is doing beyond its state: sends held back, messages that had to be fetched, and what to do. */
export function ChannelHealth({ channel }: { channel: Channel }) {
  const { t, i18n } = useTranslation('channels')
  const format = useFormat()
  const health = useQuery(channelHealthQuery(channel.id)).data
  if (!health) return null
  const { advice, breaker, gaps } = health
  // What the state itself already says needs no second sentence.
  const words =
    advice && channel.state === 'connected' && i18n.exists(`channels:advice.${advice}`)
      ? t(`advice.${advice as 'scan-qr'}`)
      : null
  return (
    <div className="flex flex-col gap-2" data-testid="channel-health" data-breaker={breaker}>
      {words && <Notice tone="warn">{words}</Notice>}
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
        {gaps.messages > 0 && gaps.found_at && (
          <li className="flex items-center gap-1.5">
            <TriangleAlert size={14} aria-hidden className="shrink-0 text-warn" />
            {t('missed', { count: gaps.messages, when: format.dateTime(gaps.found_at) })}
          </li>
        )}
        {gaps.reconciled_at && <li>{t('reconciled', { when: format.dateTime(gaps.reconciled_at) })}</li>}
      </ul>
    </div>
  )
}
