import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Conversation } from '@/api/types'
import { useFormat } from '@/lib/use-format'
import { Avatar } from '@/ui/avatar'
import { usePreview } from './preview'
import { StateIcon } from './state-icon'
import { Ticks } from './ticks'
import { useStateWord } from './use-state-word'

interface Props {
  conversation: Conversation
}

/** Selection is the link's own, so that choosing another conversation renders no row. */
export const ConversationRow = memo(function ConversationRow({ conversation }: Props) {
  const { t } = useTranslation('inbox')
  const format = useFormat()
  const preview = usePreview()
  const stateWord = useStateWord()
  const { id, contact, last_message: last, unread_count: unread, state } = conversation
  const ours = last?.direction === 'out'
  return (
    <li className="[contain-intrinsic-size:auto_72px] [content-visibility:auto]">
      <Link
        to="/inbox/$conversationId"
        params={{ conversationId: id }}
        search={(before) => before}
        data-testid="conversation-row"
        data-conversation-id={id}
        data-state={state}
        className="flex h-18 items-center gap-3 border-l-3 border-transparent px-3 -outline-offset-2! hover:bg-surface-2 aria-[current=page]:border-brand aria-[current=page]:bg-surface-2"
      >
        <span className="relative">
          <Avatar name={contact.name} />
          <StateIcon state={state} className="absolute -right-1.5 -bottom-1 ring-2 ring-surface" />
        </span>
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-2">
            <span className={`min-w-0 flex-1 truncate text-md ${unread > 0 ? 'font-semibold' : 'font-medium'}`}>
              {contact.name}
            </span>
            <span className="sr-only">{stateWord(conversation)}</span>
            {last && (
              <time dateTime={last.created_at} className="text-xs text-fg-muted tabular-nums">
                {format.brief(last.created_at)}
              </time>
            )}
          </span>
          <span className="mt-0.5 flex items-center gap-1.5">
            {ours && last && <Ticks status={last.status} />}
            <span className={`min-w-0 flex-1 truncate ${unread > 0 ? 'text-fg' : 'text-fg-muted'}`}>
              {last ? preview(last) : ''}
            </span>
            {unread > 0 && (
              <span className="inline-flex h-5 min-w-5 items-center justify-center rounded-full bg-brand px-1.5 text-xs font-semibold text-brand-fg tabular-nums">
                <span aria-hidden>{unread > 99 ? '99+' : unread}</span>
                <span className="sr-only">{t('unread', { count: unread })}</span>
              </span>
            )}
          </span>
        </span>
      </Link>
    </li>
  )
})
