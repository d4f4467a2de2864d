import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { DeadLetter } from '@/api/types'
import { useEventReason } from '@/lib/event-words'
import { useFormat } from '@/lib/use-format'
import { useCan } from '@/lib/use-me'
import { Button } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { useCloseLetter } from './mutations'

type Verb = 'replay' | 'discard'

export function LetterRow({ letter }: { letter: DeadLetter }) {
  const { t, i18n } = useTranslation('events')
  const format = useFormat()
  const eventReason = useEventReason()
  const allowed = useCan('operations:write')
  const close = useCloseLetter(letter.id)
  const [asking, setAsking] = useState<Verb | null>(null)
  const { kind, reason, closed_at, closed_as } = letter
  const kindWords = i18n.exists(`events:letters.kind.${kind}`) ? t(`letters.kind.${kind as 'event'}`) : kind
  const reasonWords = i18n.exists(`events:letters.reason.${reason}`)
    ? t(`letters.reason.${reason as 'failed repeatedly'}`)
    : eventReason(reason)
  const again = kind === 'event' || kind === 'turn' ? kind : 'other'
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3" data-testid="letter-row">
      <div className="min-w-0 flex-1 basis-64">
        <p className="font-medium">{kindWords}</p>
        <p className="break-words text-fg-muted">{reasonWords}</p>
        <p className="text-sm text-fg-muted tabular-nums">
          {closed_at && closed_as
            ? t(`letters.${closed_as}`, { when: format.dateTime(closed_at) })
            : t('letters.since', { when: format.dateTime(letter.created_at) })}
          {kind === 'event' && (
            <>
              {' · '}
              <Link
                to="/events"
                search={(before) => ({ ...before, event: letter.ref_id })}
                className="font-medium text-fg underline"
              >
                {t('letters.seeEvent')}
              </Link>
            </>
          )}
        </p>
      </div>
      {allowed && !closed_at && (
        <div className="flex gap-2">
          <Button variant="quiet-danger" disabled={close.isPending} onClick={() => setAsking('discard')}>
            {t('letters.discard')}
          </Button>
          <Button variant="secondary" busy={close.isPending} onClick={() => setAsking('replay')}>
            {t('letters.replay')}
          </Button>
        </div>
      )}
      {asking && (
        <ConfirmDialog
          open
          danger={asking === 'discard'}
          title={t(`letters.${asking}Title`)}
          description={asking === 'replay' ? t(`letters.replayDetail.${again}`) : t('letters.discardDetail')}
          action={t(`letters.${asking}`)}
          onClose={() => setAsking(null)}
          onConfirm={() => {
            setAsking(null)
            close.mutate(asking)
          }}
        />
      )}
    </li>
  )
}
