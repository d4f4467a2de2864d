import { Ban, CircleHelp, EyeOff } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Message } from '@/api/types'
import { CardsBody, InteractiveBody, Labelled, LocationBody, PollBody } from './kind-bodies'
import { MediaBody } from './media-body'
import { RichText } from './rich-text'

/** What a message says, by its type; anything unknown is named as such and never lost. */
export function BubbleBody({ message }: { message: Message }) {
  const { t } = useTranslation('inbox')
  const text = message.text && <RichText text={message.text} />
  if (message.deleted_at) return <Labelled icon={<Ban size={14} aria-hidden />} label={t('deleted')} />
  if (message.media)
    return (
      <div className="flex flex-col gap-1.5">
        <MediaBody message={message} media={message.media} />
        {text && <p className="break-words whitespace-pre-wrap">{text}</p>}
      </div>
    )
  if (message.extra?.view_once)
    return (
      <Labelled icon={<EyeOff size={16} aria-hidden />} label={t('viewOnce')}>
        {text}
      </Labelled>
    )
  switch (message.type) {
    case 'text':
      return <p className="break-words whitespace-pre-wrap">{text}</p>
    case 'reaction':
      return <p>{message.text ? t('reaction', { emoji: message.text }) : t('reactionRemoved')}</p>
    case 'location':
      return <LocationBody message={message} />
    case 'contact':
      return <CardsBody message={message} />
    case 'poll':
      return <PollBody message={message} />
    case 'interactive':
      return <InteractiveBody message={message} text={text} />
    default:
      if (text) return <p className="break-words whitespace-pre-wrap">{text}</p>
      return <Labelled icon={<CircleHelp size={16} aria-hidden />} label={t('unsupported')} />
  }
}
