import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { Channel } from '@/api/types'
import { useErrorText } from '@/lib/error-text'
import { toast } from '@/lib/toast'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { ErrorState } from '@/ui/error-state'
import { useChannelVerb, useDeleteChannel } from './mutations'

interface Props {
  channel: Channel
  what: 'restart' | 'disconnect' | 'delete'
  onClose: () => void
}

/** Disconnecting keeps the channel, deleting does not: two words, two questions. A restart needs none. */
export function ChannelConfirm({ channel, what, onClose }: Props) {
  const { t } = useTranslation('channels')
  const text = useErrorText()
  const disconnect = useChannelVerb(channel.id, 'disconnect')
  const restart = useChannelVerb(channel.id, 'restart')
  const remove = useDeleteChannel(channel.id)
  const started = useRef(false)
  const { mutate } = restart
  useEffect(() => {
    if (what !== 'restart' || started.current) return
    started.current = true
    mutate(undefined, {
      onSuccess: () => toast('success', t('restarted')),
      onError: (error) => toast('error', text(error)),
      onSettled: onClose,
    })
  }, [what, mutate, t, text, onClose])
  if (what === 'restart') return null
  const { name } = channel
  const action = what === 'delete' ? remove : disconnect
  return (
    <ConfirmDialog
      open
      danger
      title={t(`${what}Title`, { name })}
      description={t(`${what}Detail`)}
      action={t(what)}
      typed={what === 'delete' ? name : undefined}
      busy={action.isPending}
      error={action.isError && <ErrorState error={action.error} className="mt-3" />}
      onClose={onClose}
      onConfirm={() => action.mutate(undefined, { onSuccess: onClose })}
    />
  )
}
