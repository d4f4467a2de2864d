import { Check, CheckCheck, CircleAlert, CircleHelp, Clock } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { MessageStatus } from '@/api/types'

const LOOK = {
  queued: { Icon: Clock, colour: 'text-fg-muted' },
  uncertain: { Icon: CircleHelp, colour: 'text-warn' },
  sent: { Icon: Check, colour: 'text-fg-muted' },
  delivered: { Icon: CheckCheck, colour: 'text-fg-muted' },
  read: { Icon: CheckCheck, colour: 'text-info' },
  failed: { Icon: CircleAlert, colour: 'text-danger' },
}

/** The state of something we sent, as a sign and in words. */
export function Ticks({ status }: { status: MessageStatus }) {
  const { t } = useTranslation('inbox')
  if (status === 'received') return null
  const { Icon, colour } = LOOK[status]
  const word = t(`status.${status}`)
  return (
    <span role="img" aria-label={word} title={word} className={`inline-flex shrink-0 ${colour}`}>
      <Icon size={14} aria-hidden />
    </span>
  )
}
