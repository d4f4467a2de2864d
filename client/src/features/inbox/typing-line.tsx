import { BotMessageSquare } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useTyping } from '@/lib/realtime/signals'

export function TypingLine({ conversationId, contactName }: { conversationId: string; contactName: string }) {
  const { t } = useTranslation('inbox')
  const typing = useTyping(conversationId)
  const members = typing.members.filter(Boolean).join(', ')
  return (
    <div className="flex h-6 shrink-0 items-center gap-3 px-4 text-sm text-fg-muted" aria-live="off">
      {typing.assistant && (
        <span className="flex items-center gap-1.5 text-ai">
          <BotMessageSquare size={14} aria-hidden />
          {t('typingAssistant')}
        </span>
      )}
      {typing.contact && <span>{t('typingContact', { name: contactName })}</span>}
      {members && <span>{t('typingMember', { names: members })}</span>}
    </div>
  )
}
