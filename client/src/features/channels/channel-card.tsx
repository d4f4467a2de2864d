import { ArrowRightLeft, EllipsisVertical, Pencil, RotateCw, Trash2, Unplug, Webhook } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Channel } from '@/api/types'
import { phone } from '@/lib/format'
import { useFormat } from '@/lib/use-format'
import { Button } from '@/ui/button'
import { Card } from '@/ui/card'
import { IconButton } from '@/ui/icon-button'
import { Menu } from '@/ui/menu'
import { ChannelConfirm } from './channel-confirm'
import { ChannelHealth } from './channel-health'
import { ChannelState } from './channel-state'
import { MoveDialog } from './move-dialog'
import { RenameDialog } from './rename-dialog'

interface Props {
  channel: Channel
  /** The tenant's other channels. */
  others: Channel[]
  editable: boolean
  onConnect: () => void
}

type Layer = 'rename' | 'move' | 'restart' | 'disconnect' | 'delete'

export function ChannelCard({ channel, others, editable, onConnect }: Props) {
  const { t, i18n } = useTranslation('channels')
  const format = useFormat()
  const [layer, setLayer] = useState<Layer | null>(null)
  const { name, state } = channel
  const verb = channel.phone ? t('reconnect') : t('connect')
  const linked = state === 'connected' || state === 'reconnecting'
  const provider = i18n.exists(`channels:provider.${channel.provider}`)
    ? t(`provider.${channel.provider as 'evolution'}`)
    : channel.provider

  return (
    <Card
      title={name}
      detail={[channel.phone ? phone(channel.phone) : t('noNumber'), channel.profile_name, provider]
        .filter(Boolean)
        .join(' · ')}
      className="flex h-full flex-col"
      aside={
        editable && (
          <Menu
            trigger={
              <IconButton label={t('more', { name })} className="-mt-1 -mr-2">
                <EllipsisVertical size={18} aria-hidden />
              </IconButton>
            }
            groups={[
              {
                items: [
                  ...(channel.capabilities.pairing === false
                    ? [
                        {
                          id: 'webhook',
                          label: t('official.webhook'),
                          icon: <Webhook size={16} aria-hidden />,
                          onSelect: onConnect,
                        },
                      ]
                    : []),
                  {
                    id: 'rename',
                    label: t('rename'),
                    icon: <Pencil size={16} aria-hidden />,
                    onSelect: () => setLayer('rename'),
                  },
                  {
                    id: 'restart',
                    label: t('restart'),
                    icon: <RotateCw size={16} aria-hidden />,
                    onSelect: () => setLayer('restart'),
                  },
                  {
                    id: 'move',
                    label: t('move.action'),
                    icon: <ArrowRightLeft size={16} aria-hidden />,
                    onSelect: () => setLayer('move'),
                  },
                ],
              },
              {
                items: [
                  {
                    id: 'disconnect',
                    label: t('disconnect'),
                    icon: <Unplug size={16} aria-hidden />,
                    disabled: state === 'disconnected',
                    onSelect: () => setLayer('disconnect'),
                  },
                  {
                    id: 'delete',
                    label: t('delete'),
                    icon: <Trash2 size={16} aria-hidden />,
                    danger: true,
                    onSelect: () => setLayer('delete'),
                  },
                ],
              },
            ]}
          />
        )
      }
    >
      <div className="flex flex-1 flex-col gap-3">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <ChannelState state={state} />
          <span className="text-sm text-fg-muted">
            {channel.last_event_at ? t('lastEvent', { when: format.dateTime(channel.last_event_at) }) : t('noEvent')}
          </span>
        </div>
        {state !== 'connected' && <p className="text-fg-muted">{t(`stateHelp.${state}`)}</p>}
        <ChannelHealth channel={channel} />
        {editable && (
          <div className="mt-auto flex justify-end">
            {!linked && state !== 'banned' && (
              <Button onClick={onConnect} data-testid="channel-connect" aria-label={`${verb}: ${name}`}>
                {verb}
              </Button>
            )}
          </div>
        )}
      </div>
      {layer === 'rename' && <RenameDialog channel={channel} onClose={() => setLayer(null)} />}
      {layer === 'move' && <MoveDialog channel={channel} others={others} onClose={() => setLayer(null)} />}
      {layer && layer !== 'rename' && layer !== 'move' && (
        <ChannelConfirm channel={channel} what={layer} onClose={() => setLayer(null)} />
      )}
    </Card>
  )
}
