import { BookOpenText, BotMessageSquare, Smartphone } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Message } from '@/api/types'
import { cn } from '@/lib/cn'
import { useFormat } from '@/lib/use-format'
import { BubbleBody } from './bubble-body'
import { BubbleFailure } from './bubble-failure'
import { MessageActions } from './message-actions'
import { Quote } from './quote'
import { Reactions } from './reactions'
import { splitSources } from './sources'
import { Ticks } from './ticks'

interface Props {
  message: Message
  contactName: string
  joined: boolean
  onWhy: (message: Message) => void
}

export function Bubble({ message, contactName, joined, onWhy }: Props) {
  const { t } = useTranslation('inbox')
  const format = useFormat()
  const out = message.direction === 'out'
  const ai = message.author === 'assistant'
  const traced = ai && message.trace_id !== null && !message.deleted_at
  const { said, named } = traced && message.text ? splitSources(message.text) : { said: message.text, named: null }
  return (
    <div
      data-testid="bubble"
      data-direction={message.direction}
      data-author={message.author}
      data-status={message.status}
      data-message-id={message.id}
      className={cn('group flex flex-col', out ? 'items-end' : 'items-start')}
    >
      <div className={cn('flex max-w-[92%] items-start md:max-w-[80%]', out ? 'flex-row-reverse' : 'flex-row')}>
        <div
          className={cn(
            'min-w-24 rounded-bubble border px-3 pt-2 pb-1.5',
            out ? 'rounded-br-xs bg-bubble-out' : 'rounded-bl-xs bg-bubble-in',
            message.status === 'failed' && 'border-danger',
          )}
        >
          {!joined && <Author message={message} contactName={contactName} />}
          {message.quote && <Quote quote={message.quote} contactName={contactName} />}
          {(said !== '' || !named) && <BubbleBody message={named ? { ...message, text: said } : message} />}
          {named && (
            <button
              type="button"
              aria-label={t('openSources', { sources: named })}
              onClick={() => onWhy(message)}
              className="mt-1 flex min-h-6 items-start gap-1.5 text-left text-sm text-ai underline decoration-dotted underline-offset-2"
            >
              <BookOpenText size={14} aria-hidden className="mt-0.5 shrink-0" />
              <span className="min-w-0 break-words">{named}</span>
            </button>
          )}
          <p className="mt-0.5 flex items-center justify-end gap-1.5 text-xs text-fg-muted tabular-nums">
            {ai && message.trace_id && (
              <button
                type="button"
                onClick={() => onWhy(message)}
                className="mr-auto min-h-6 pr-2 text-ai underline decoration-dotted underline-offset-2"
              >
                {t('why')}
              </button>
            )}
            {message.edited_at && !message.deleted_at && <span>{t('edited')}</span>}
            <time dateTime={message.created_at}>{format.time(message.created_at)}</time>
            {out && message.status !== 'failed' && <Ticks status={message.status} />}
          </p>
        </div>
        <MessageActions message={message} />
      </div>
      <Reactions reactions={message.reactions} contactName={contactName} />
      {out && <BubbleFailure message={message} />}
    </div>
  )
}

function Author({ message, contactName }: { message: Message; contactName: string }) {
  const { t } = useTranslation('inbox')
  switch (message.author) {
    case 'assistant':
      return (
        <p className="mb-0.5 flex items-center gap-1.5 text-sm font-medium text-ai">
          <BotMessageSquare size={14} aria-hidden />
          {t('author.assistant')}
        </p>
      )
    case 'phone':
      return (
        <p className="mb-0.5 flex items-center gap-1.5 text-sm font-medium text-fg-muted">
          <Smartphone size={14} aria-hidden />
          {t('author.phone')}
        </p>
      )
    case 'agent':
      return (
        <p className="mb-0.5 text-sm font-medium text-brand">
          {message.agent ? t('author.agent', { name: message.agent.name }) : t('author.agentUnknown')}
        </p>
      )
    default:
      return <p className="sr-only">{t('fromContact', { name: contactName })}</p>
  }
}
