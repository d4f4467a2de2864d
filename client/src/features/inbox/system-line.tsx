import { useTranslation } from 'react-i18next'
import type { Message } from '@/api/types'
import { useFormat } from '@/lib/use-format'

/** An event of the conversation itself: a line in the middle, nobody's bubble. */
export function SystemLine({ message }: { message: Message }) {
  const { t, i18n } = useTranslation('inbox')
  const format = useFormat()
  const known = i18n.exists(`inbox:system.${message.type}`)
  const text = message.text ?? (known ? t(`system.${message.type}` as 'system.unknown') : t('system.unknown'))
  return (
    <p
      data-testid="bubble"
      data-direction={message.direction}
      data-author="system"
      data-status={message.status}
      className="px-6 py-1 text-center text-sm text-fg-muted"
    >
      {text} · <time dateTime={message.created_at}>{format.time(message.created_at)}</time>
    </p>
  )
}
