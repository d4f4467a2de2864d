import { Ban, LoaderCircle, PlugZap, Unplug, Wifi } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Channel } from '@/api/types'
import { Badge, type Tone } from '@/ui/badge'

const LOOK: Record<Channel['state'], { tone: Tone; Icon: typeof Wifi }> = {
  connected: { tone: 'ok', Icon: Wifi },
  connecting: { tone: 'info', Icon: PlugZap },
  reconnecting: { tone: 'warn', Icon: LoaderCircle },
  disconnected: { tone: 'neutral', Icon: Unplug },
  banned: { tone: 'danger', Icon: Ban },
}

export function ChannelState({ state }: { state: Channel['state'] }) {
  const { t } = useTranslation('channels')
  const { tone, Icon } = LOOK[state]
  return (
    <span role="status" data-testid="channel-state" data-state={state}>
      <Badge tone={tone} icon={<Icon size={14} aria-hidden />}>
        {t(`state.${state}`)}
      </Badge>
    </span>
  )
}
