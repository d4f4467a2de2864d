import { useQueryClient } from '@tanstack/react-query'
import { AudioLines, FileText, FileVideo, Image, Sticker } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { keys } from '@/api/keys'
import type { Message } from '@/api/types'
import { duration } from '@/lib/format'
import { useFormat } from '@/lib/use-format'
import { Button } from '@/ui/button'

type Media = NonNullable<Message['media']>

const ICONS = { image: Image, audio: AudioLines, video: FileVideo, document: FileText, sticker: Sticker }
/** What may be shown in place; an SVG is a document with scripts and never is. */
const INLINE = /^(image\/(?!svg)|audio\/|video\/)/

export function MediaBody({ media, conversationId }: { media: Media; conversationId: string }) {
  const { t } = useTranslation('inbox')
  const client = useQueryClient()
  const [broken, setBroken] = useState<string | null>(null)
  const url =
    media.url && media.url !== broken && /^https?:/.test(new URL(media.url, location.href).href) ? media.url : null
  const inline = url !== null && INLINE.test(media.mime_type ?? '')
  const fail = () => setBroken(media.url)

  if (inline && (media.kind === 'image' || media.kind === 'sticker'))
    return (
      <a href={url} target="_blank" rel="noopener noreferrer">
        <img
          src={url}
          alt={media.kind === 'sticker' ? t('media.sticker') : t('media.imageAlt')}
          loading="lazy"
          onError={fail}
          className={
            media.kind === 'sticker' ? 'size-32 object-contain' : 'h-60 w-full max-w-80 rounded-control object-cover'
          }
        />
      </a>
    )
  if (inline && media.kind === 'audio')
    return (
      // biome-ignore lint/a11y/useMediaCaption: what a contact recorded comes without captions
      <audio
        controls
        preload="none"
        src={url}
        onError={fail}
        aria-label={t('media.audio')}
        className="h-10 w-64 max-w-full"
      />
    )
  if (inline && media.kind === 'video')
    return (
      // biome-ignore lint/a11y/useMediaCaption: what a contact recorded comes without captions
      <video
        controls
        preload="none"
        src={url}
        onError={fail}
        aria-label={t('media.video')}
        className="aspect-video w-80 max-w-full rounded-control"
      />
    )

  const name = media.name ?? t(`media.${media.kind}`)
  const card = (
    <MediaCard media={media} name={name} note={url ? null : broken ? t('media.expired') : t('media.pending')} />
  )
  if (url)
    return (
      <a href={url} target="_blank" rel="noopener noreferrer" aria-label={t('media.open', { name })}>
        {card}
      </a>
    )
  return (
    <div className="flex flex-wrap items-center gap-2">
      {card}
      {broken && (
        <Button
          variant="ghost"
          size="sm"
          onClick={() => {
            setBroken(null)
            void client.invalidateQueries({ queryKey: keys.messages(conversationId) })
          }}
        >
          {t('media.reload')}
        </Button>
      )}
    </div>
  )
}

function MediaCard({ media, name, note }: { media: Media; name: string; note: string | null }) {
  const format = useFormat()
  const Icon = ICONS[media.kind]
  const facts = [
    media.seconds != null ? duration(media.seconds) : null,
    media.size != null ? format.size(media.size) : null,
    note,
  ].filter(Boolean)
  return (
    <span className="flex items-center gap-3 rounded-control border bg-surface px-3 py-2">
      <Icon size={20} aria-hidden className="shrink-0 text-fg-muted" />
      <span className="min-w-0">
        <span className="block truncate font-medium">{name}</span>
        {facts.length > 0 && <span className="block text-xs text-fg-muted">{facts.join(' · ')}</span>}
      </span>
    </span>
  )
}
