import { Activity, BotMessageSquare, CircleSlash, CircleX, Hourglass, ShieldAlert, UserRound } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { EventClass } from '@/api/types'
import { Badge, type Tone } from '@/ui/badge'

const LOOK: Record<EventClass, { tone: Tone; Icon: typeof Activity }> = {
  answered: { tone: 'ai', Icon: BotMessageSquare },
  handed_over: { tone: 'brand', Icon: UserRound },
  signals: { tone: 'neutral', Icon: Activity },
  ignored: { tone: 'neutral', Icon: CircleSlash },
  pending: { tone: 'warn', Icon: Hourglass },
  quarantined: { tone: 'danger', Icon: ShieldAlert },
  dead: { tone: 'danger', Icon: CircleX },
}

export function ClassBadge({ of }: { of: EventClass }) {
  const { t } = useTranslation('events')
  const { tone, Icon } = LOOK[of]
  return (
    <Badge tone={tone} icon={<Icon size={14} aria-hidden />}>
      {t(`class.${of}`)}
    </Badge>
  )
}
