import { X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { IconButton } from '@/ui/icon-button'
import { Quote } from './quote'
import { noReply, useReplyTo } from './reply-to'

/** What the next message answers, until it is sent or let go. */
export function ReplyBar({ conversationId, contactName }: { conversationId: string; contactName: string }) {
  const { t } = useTranslation('inbox')
  const message = useReplyTo(conversationId)
  if (!message) return null
  const { id, author, type, text } = message
  return (
    <div className="flex items-start gap-1" data-testid="reply-bar">
      <div className="min-w-0 flex-1">
        <Quote quote={{ message_id: id, author, type, text }} contactName={contactName} />
      </div>
      <IconButton label={t('action.noReply')} onClick={() => noReply(conversationId)}>
        <X size={16} aria-hidden />
      </IconButton>
    </div>
  )
}
