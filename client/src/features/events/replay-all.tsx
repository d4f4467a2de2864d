import { RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useEventReason } from '@/lib/event-words'
import { Button } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { useReplayEvents } from './mutations'
import { type EventsSearch, isReplayable, replayOf } from './search'
import { useChannelName } from './use-channel-name'

/** For the classes that can be worked again. The server is told what to match, so the question repeats it in words. */
export function ReplayAll({ search }: { search: EventsSearch }) {
  const { t } = useTranslation('events')
  const reason = useEventReason()
  const nameOf = useChannelName()
  const replay = useReplayEvents()
  const [asking, setAsking] = useState(false)
  const wanted = replayOf(search)
  if (!isReplayable(search.class) || search.reason === 'old') return null
  if (!wanted) return <p className="text-sm text-fg-muted">{t('replay.needsNoDay')}</p>
  const what = [
    t(`class.${wanted.state}`),
    wanted.reason && reason(wanted.reason),
    wanted.channel_id && nameOf(wanted.channel_id),
  ]
    .filter(Boolean)
    .join(' · ')
  return (
    <>
      <Button variant="secondary" data-testid="replay-all" busy={replay.isPending} onClick={() => setAsking(true)}>
        <RotateCcw size={16} aria-hidden />
        {t('replay.all')}
      </Button>
      <ConfirmDialog
        open={asking}
        title={t('replay.allTitle')}
        description={t('replay.allDetail', { what })}
        action={t('replay.all')}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false)
          replay.mutate(wanted)
        }}
      />
    </>
  )
}
