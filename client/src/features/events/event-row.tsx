import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import type { InboundEvent } from '@/api/types'
import { useEventReason } from '@/lib/event-words'
import { useFormat } from '@/lib/use-format'
import { ClassBadge } from './class-badge'

/** The whole row opens the event's sheet. */
export const EventRow = memo(function EventRow({ event, channel }: { event: InboundEvent; channel: string }) {
  const { t } = useTranslation('events')
  const format = useFormat()
  const reason = useEventReason()
  const { id, kind, attempts, received_at } = event
  const facts = [
    event.reason && reason(event.reason),
    attempts > 1 && t('attempts', { count: attempts }),
    channel,
  ].filter(Boolean)
  return (
    <li className="[contain-intrinsic-size:auto_64px] [content-visibility:auto]">
      <Link
        to="/events"
        search={(before) => ({ ...before, event: id })}
        aria-label={t('open', { kind, when: format.dateTime(received_at) })}
        data-testid="event-row"
        data-class={event.class}
        className="flex min-h-16 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 -outline-offset-2! hover:bg-surface-2"
      >
        <span className="w-36 shrink-0">
          <ClassBadge of={event.class} />
        </span>
        <time dateTime={received_at} className="shrink-0 text-sm text-fg-muted tabular-nums md:order-last">
          {format.dateTime(received_at)}
        </time>
        <span className="min-w-0 flex-1 basis-full md:basis-0">
          <span className="block truncate font-mono text-sm">{kind}</span>
          <span className="block truncate text-sm text-fg-muted">{facts.join(' · ')}</span>
        </span>
      </Link>
    </li>
  )
})
