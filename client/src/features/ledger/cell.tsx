import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { EventClass } from '@/api/types'
import { useFormat } from '@/lib/use-format'

/** A day and a channel, as they are asked for and as they are shown. */
export interface Place {
  day: string
  when: string
  /** Null: all of them. */
  channelId: string | null
  channel: string
}

interface Props {
  count: number
  of: EventClass
  /** Null where no list of events shows just these. */
  place: Place | null
  /** Only those that were ignored for this. */
  reason?: { code: string; words: string }
}

const COLOUR: Partial<Record<EventClass, string>> = {
  pending: 'text-warn',
  quarantined: 'text-danger',
  dead: 'text-danger',
}

/** A figure that leads to its events; nought leads nowhere. */
export function Cell({ count, of, place, reason }: Props) {
  const { t } = useTranslation('ledger')
  const format = useFormat()
  const amount = format.number(count)
  if (count === 0) return <span className="text-fg-muted">{amount}</span>
  const colour = COLOUR[of] ?? 'text-fg'
  if (!place) return <span className={colour}>{amount}</span>
  const { day, when, channelId, channel } = place
  return (
    <Link
      to="/events"
      search={{ class: of, day, ...(channelId ? { channel: channelId } : {}), ...(reason && { reason: reason.code }) }}
      aria-label={t('cell', { amount, what: reason?.words ?? t(`class.${of}`), day: when, channel })}
      className={`inline-flex min-h-11 min-w-8 items-center justify-end rounded-control underline decoration-dotted underline-offset-4 hover:decoration-solid md:min-h-8 ${colour}`}
    >
      {amount}
    </Link>
  )
}
