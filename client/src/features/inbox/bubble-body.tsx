import { Ban, CircleHelp, Contact, MapPin, MousePointerClick } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Message } from '@/api/types'
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
        <MediaBody media={message.media} conversationId={message.conversation_id} />
        {text && <p className="break-words whitespace-pre-wrap">{text}</p>}
      </div>
    )
  switch (message.type) {
    case 'text':
      return <p className="break-words whitespace-pre-wrap">{text}</p>
    case 'reaction':
      return <p>{message.text ? t('reaction', { emoji: message.text }) : t('reactionRemoved')}</p>
    case 'location':
      return <LocationBody message={message} />
    case 'contact':
      return (
        <Labelled icon={<Contact size={16} aria-hidden />} label={t('contactCard')}>
          {text}
        </Labelled>
      )
    case 'interactive':
      return (
        <Labelled icon={<MousePointerClick size={16} aria-hidden />} label={t('choice')}>
          {text}
        </Labelled>
      )
    default:
      if (text) return <p className="break-words whitespace-pre-wrap">{text}</p>
      return <Labelled icon={<CircleHelp size={16} aria-hidden />} label={t('unsupported')} />
  }
}

function Labelled({ icon, label, children }: { icon: ReactNode; label: string; children?: ReactNode }) {
  return (
    <div>
      <p className="flex items-center gap-1.5 text-fg-muted italic">
        {icon}
        {label}
      </p>
      {children && <p className="break-words whitespace-pre-wrap">{children}</p>}
    </div>
  )
}

const numberOf = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null)

function LocationBody({ message }: { message: Message }) {
  const { t } = useTranslation('inbox')
  const extra = (message.extra ?? {}) as Record<string, unknown>
  const latitude = numberOf(extra.latitude)
  const longitude = numberOf(extra.longitude)
  return (
    <Labelled icon={<MapPin size={16} aria-hidden />} label={t('location')}>
      {message.text}
      {latitude !== null && longitude !== null && (
        <a
          href={`https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=17/${latitude}/${longitude}`}
          target="_blank"
          rel="noopener noreferrer"
          className="block text-info underline"
        >
          {t('openMap')}
        </a>
      )}
    </Labelled>
  )
}
