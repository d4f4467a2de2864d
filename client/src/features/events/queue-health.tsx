import { useQuery } from '@tanstack/react-query'
import { Check, Clock, OctagonX } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '@/lib/use-format'
import { Badge } from '@/ui/badge'
import { queueHealthQuery } from './queries'

const LOOK = {
  healthy: { tone: 'ok', Icon: Check },
  degraded: { tone: 'warn', Icon: Clock },
  down: { tone: 'danger', Icon: OctagonX },
} as const

/** Whether work is done in time: one word, and the figures for who wants them. */
export function QueueHealth() {
  const { t, i18n } = useTranslation('events')
  const format = useFormat()
  const health = useQuery(queueHealthQuery()).data
  if (!health) return null
  const { tone, Icon } = LOOK[health.status]
  return (
    <details className="rounded-card border bg-surface px-4">
      <summary className="min-h-11 py-2.5">
        <span className="mr-3 font-medium">{t('queue.title')}</span>
        <Badge tone={tone} icon={<Icon size={14} aria-hidden />}>
          {t(`queue.status.${health.status}`)}
        </Badge>
        <span className="ml-3 text-sm text-fg-muted max-md:hidden">{t(`queue.statusDetail.${health.status}`)}</span>
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area has to be reachable by keyboard */}
      <section aria-label={t('queue.title')} tabIndex={0} className="overflow-x-auto pb-3">
        <table className="w-full text-left text-sm tabular-nums">
          <thead className="text-fg-muted">
            <tr className="border-b">
              <th scope="col" className="h-9 pr-3 font-medium">
                {t('queue.queue')}
              </th>
              {(['due', 'oldest', 'running', 'dead'] as const).map((column) => (
                <th key={column} scope="col" className="pl-3 text-right font-medium">
                  {t(`queue.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Object.entries(health.queues).map(([name, queue]) => (
              <tr key={name} className="border-b last:border-0">
                <th scope="row" className="h-9 pr-3 font-normal">
                  {i18n.exists(`events:queue.name.${name}`) ? t(`queue.name.${name as 'message'}`) : name}
                </th>
                <td className="pl-3 text-right">{format.number(queue.due)}</td>
                <td className="pl-3 text-right whitespace-nowrap">
                  {t('queue.seconds', { value: format.number(Math.round(queue.oldest_seconds)) })}
                </td>
                <td className="pl-3 text-right">{format.number(queue.running)}</td>
                <td className="pl-3 text-right">{format.number(queue.dead)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  )
}
