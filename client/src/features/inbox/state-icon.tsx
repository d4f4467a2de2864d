import { BotMessageSquare, Check, Hourglass, UserRound } from 'lucide-react'
import type { ConversationState } from '@/api/types'
import { cn } from '@/lib/cn'

const LOOK = {
  bot: { Icon: BotMessageSquare, colour: 'bg-ai-soft text-ai' },
  queued: { Icon: Hourglass, colour: 'bg-warn-soft text-warn' },
  human: { Icon: UserRound, colour: 'bg-brand-soft text-brand' },
  resolved: { Icon: Check, colour: 'bg-surface-2 text-fg-muted' },
}

export function StateIcon({ state, className }: { state: ConversationState; className?: string }) {
  const { Icon, colour } = LOOK[state]
  return (
    <span aria-hidden className={cn('inline-flex size-5 items-center justify-center rounded-full', colour, className)}>
      <Icon size={12} />
    </span>
  )
}
