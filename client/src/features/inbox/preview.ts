/** One line for a message: its words, or what kind of thing it is. */
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import type { Conversation } from '@/api/types'

type Preview = NonNullable<Conversation['last_message']>

const KINDS = {
  image: 'media.image',
  audio: 'media.audio',
  video: 'media.video',
  document: 'media.document',
  sticker: 'media.sticker',
  location: 'location',
  contact: 'contactCard',
  interactive: 'asked.title',
  poll: 'poll.title',
  unsupported: 'newMessage',
} as const

export function useKindWord(): (type: string) => string {
  const { t } = useTranslation('inbox')
  return useCallback((type: string) => t(KINDS[type as keyof typeof KINDS] ?? 'newMessage'), [t])
}

export function usePreview(): (message: Preview) => string {
  const { t } = useTranslation('inbox')
  const kind = useKindWord()
  return useCallback(
    (message: Preview) => {
      if (message.type === 'reaction')
        return message.text ? t('reaction', { emoji: message.text }) : t('reactionRemoved')
      if (message.type === 'text' || message.type === 'template') return message.text ?? t('previewDeleted')
      const word = kind(message.type)
      return message.text ? `${word}: ${message.text}` : word
    },
    [t, kind],
  )
}
