import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { MessagesSquare, RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { InboundEventDetail } from '@/api/types'
import { cn } from '@/lib/cn'
import { useEventReason } from '@/lib/event-words'
import { useFormat } from '@/lib/use-format'
import { useCan } from '@/lib/use-me'
import { Button, buttonClass } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { Sheet } from '@/ui/sheet'
import { ClassBadge } from './class-badge'
import { EventBody } from './event-body'
import { useReplayEvent } from './mutations'
import { eventQuery } from './queries'
import { isReplayable } from './search'
import { useChannelName } from './use-channel-name'

/** One stored event: what became of it, and what came in. */
export default function EventSheet({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation('events')
  const query = useQuery(eventQuery(id))
  return (
    <Sheet title={t('sheet.title')} onClose={onClose}>
      {query.isPending && <Loading rows={2} />}
      {query.isError && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && <EventDetail event={query.data} />}
    </Sheet>
  )
}

function EventDetail({ event }: { event: InboundEventDetail }) {
  const { t } = useTranslation('events')
  const format = useFormat()
  const reason = useEventReason()
  const nameOf = useChannelName()
  const mayReplay = useCan('operations:write')
  const replay = useReplayEvent(event.id)
  const [asking, setAsking] = useState(false)
  const facts = [
    { name: t('sheet.received'), value: format.dateTime(event.received_at) },
    { name: t('sheet.channel'), value: nameOf(event.channel_id) },
    { name: t('sheet.kind'), value: event.kind, code: true },
    { name: t('sheet.state'), value: t(`state.${event.state}`) },
    { name: t('sheet.reason'), value: event.reason && reason(event.reason) },
    { name: t('sheet.attempts'), value: event.attempts > 0 && format.number(event.attempts) },
    { name: t('sheet.next'), value: event.state === 'received' && format.dateTime(event.next_at) },
    { name: t('sheet.error'), value: event.error, code: true },
    { name: t('sheet.id'), value: event.id, code: true },
  ].filter(({ value }) => value)
  return (
    <div className="flex flex-col gap-5">
      <section className="flex flex-col items-start gap-3">
        <h3 className="sr-only">{t('sheet.became')}</h3>
        <ClassBadge of={event.class} />
        <p>{t(`classDetail.${event.class}`)}</p>
        <div className="flex flex-wrap gap-2 empty:hidden">
          {event.conversation_id && (
            <Link
              to="/inbox/$conversationId"
              params={{ conversationId: event.conversation_id }}
              className={buttonClass('secondary')}
            >
              <MessagesSquare size={16} aria-hidden />
              {t('sheet.conversation')}
            </Link>
          )}
          {mayReplay && isReplayable(event.state) && (
            <Button data-testid="replay" busy={replay.isPending} onClick={() => setAsking(true)}>
              <RotateCcw size={16} aria-hidden />
              {t('replay.one')}
            </Button>
          )}
        </div>
      </section>
      <section>
        <h3 className="mb-1 font-semibold">{t('sheet.facts')}</h3>
        <dl>
          {facts.map(({ name, value, code }) => (
            <div key={name} className="flex justify-between gap-4 border-b py-1.5 last:border-0">
              <dt className="shrink-0 text-fg-muted">{name}</dt>
              <dd className={cn('min-w-0 text-right break-words', code && 'font-mono text-sm break-all')}>{value}</dd>
            </div>
          ))}
        </dl>
      </section>
      <EventBody body={event.body} />
      <ConfirmDialog
        open={asking}
        title={t('replay.oneTitle')}
        description={t('replay.oneDetail')}
        action={t('replay.one')}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false)
          replay.mutate()
        }}
      />
    </div>
  )
}
