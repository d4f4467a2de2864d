import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Message } from '@/api/types'
import { useFormat } from '@/lib/use-format'
import { Bubble } from './bubble'
import type { Row } from './rows'
import { SystemLine } from './system-line'

interface Props {
  row: Row
  contactName: string
  position: number
  total: number
  onWhy: (message: Message) => void
}

export const MessageRow = memo(
  function MessageRow({ row, contactName, position, total, onWhy }: Props) {
    const { t } = useTranslation('inbox')
    const format = useFormat()
    const { message, startsDay, startsUnread, joined } = row
    return (
      <article aria-posinset={position} aria-setsize={total} className={joined ? 'pt-1' : 'pt-2.5'}>
        {startsDay && (
          <p className="py-2 text-center">
            <time
              dateTime={message.created_at}
              className="rounded-full bg-surface-2 px-3 py-1 text-xs font-medium text-fg-muted"
            >
              {format.dayHeading(message.created_at)}
            </time>
          </p>
        )}
        {startsUnread && (
          <p className="flex items-center gap-3 py-2 text-xs font-medium text-brand before:h-px before:flex-1 before:bg-brand after:h-px after:flex-1 after:bg-brand">
            {t('newLine')}
          </p>
        )}
        {message.author === 'system' ? (
          <SystemLine message={message} />
        ) : (
          <Bubble message={message} contactName={contactName} joined={joined} onWhy={onWhy} />
        )}
      </article>
    )
  },
  (a, b) =>
    a.row.message === b.row.message &&
    a.row.startsDay === b.row.startsDay &&
    a.row.startsUnread === b.row.startsUnread &&
    a.row.joined === b.row.joined &&
    a.contactName === b.contactName &&
    a.position === b.position &&
    a.total === b.total &&
    a.onWhy === b.onWhy,
)
