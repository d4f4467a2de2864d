import { AudioLines, FileText, FileVideo, Image, Sticker } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Media, Message } from '@/api/types'
import { duration } from '@/lib/format'
import { useFormat } from '@/lib/use-format'
import { useCan } from '@/lib/use-me'
import { Button } from '@/ui/button'
import { AudioPlayer } from './audio-player'
import { useFetchAgain } from './touches'
import { useMedia } from './use-media'
import { useMediaError } from './use-media-error'

const ImageViewer = lazy(() => import('./image-viewer'))
const PdfViewer = lazy(() => import('./pdf-viewer'))

const ICONS = { image: Image, audio: AudioLines, video: FileVideo, document: FileText, sticker: Sticker }
/** What may be shown in place; an SVG is a document with scripts and never is. */
const INLINE = /^(image\/(?!svg)|audio\/|video\/)/

/** A message's file: shown in place where a browser may, else as a card; and what it says, in words. */
export function MediaBody({ message, media: given }: { message: Message; media: Media }) {
  const { t } = useTranslation('inbox')
  const { media, url, broken, renew, onError } = useMedia(given)
  const reason = useMediaError()
  const words = message.transcript && (
    <Words kind={media.kind} text={message.transcript} open={media.kind === 'audio'} />
  )
  const unread = media.reading
    ? t('media.reading')
    : media.state === 'ready' && media.error
      ? reason(media.error)
      : null
  const reading = unread && <p className="text-xs text-fg-muted italic">{unread}</p>
  if (url && INLINE.test(media.mime_type ?? ''))
    return (
      <div className="flex flex-col gap-1.5">
        <Inline media={media} url={url} onError={onError} />
        {words || reading}
      </div>
    )
  const name = media.name ?? t(`media.${media.kind}`)
  const note = url ? null : broken ? t('media.expired') : media.state === 'pending' ? t('media.pending') : null
  const card = <MediaCard media={media} name={name} note={note} busy={media.state === 'pending'} />
  return (
    <div className="flex flex-col gap-1.5">
      {url && media.mime_type === 'application/pdf' ? (
        <Paged media={media} url={url} name={name}>
          {card}
        </Paged>
      ) : url ? (
        <a href={url} target="_blank" rel="noopener noreferrer" aria-label={t('media.open', { name })}>
          {card}
        </a>
      ) : (
        <div className="flex flex-wrap items-center gap-2">
          {card}
          {broken && (
            <Button variant="ghost" size="sm" onClick={() => void renew()}>
              {t('media.reload')}
            </Button>
          )}
        </div>
      )}
      {media.state === 'failed' && <Failure media={media} />}
      {words || reading}
    </div>
  )
}

function Inline({ media, url, onError }: { media: Media; url: string; onError: () => void }) {
  const { t } = useTranslation('inbox')
  const [zoomed, setZoomed] = useState(false)
  switch (media.kind) {
    case 'sticker':
      return (
        <img src={url} alt={t('media.sticker')} loading="lazy" onError={onError} className="size-32 object-contain" />
      )
    case 'audio':
      return <AudioPlayer url={url} seconds={media.seconds} voice={media.voice} onError={onError} />
    case 'video':
      return (
        // biome-ignore lint/a11y/useMediaCaption: what people record comes without captions
        <video
          controls
          preload="none"
          src={url}
          onError={onError}
          aria-label={t('media.video')}
          className="aspect-video w-80 max-w-full rounded-control bg-surface-2"
        />
      )
    default:
      return (
        <>
          <button
            type="button"
            onClick={() => setZoomed(true)}
            aria-label={t('media.zoom')}
            data-testid="open-image"
            className="block cursor-zoom-in"
          >
            <img
              src={url}
              alt={t('media.imageAlt')}
              loading="lazy"
              onError={onError}
              className="h-60 w-80 max-w-full rounded-control object-cover"
            />
          </button>
          {zoomed && (
            <Suspense>
              <ImageViewer url={url} name={media.name} onClose={() => setZoomed(false)} />
            </Suspense>
          )}
        </>
      )
  }
}

/** A file that is looked into here, page by page. */
function Paged({ media, url, name, children }: { media: Media; url: string; name: string; children: ReactNode }) {
  const { t } = useTranslation('inbox')
  const [open, setOpen] = useState(false)
  return (
    <>
      <button
        type="button"
        onClick={() => setOpen(true)}
        aria-label={t('media.open', { name })}
        data-testid="open-pdf"
        className="block max-w-full text-left"
      >
        {children}
      </button>
      {open && (
        <Suspense>
          <PdfViewer id={media.id} name={name} url={url} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  )
}

function Words({ kind, text, open }: { kind: Media['kind']; text: string; open: boolean }) {
  const { t } = useTranslation('inbox')
  const title =
    kind === 'audio' ? t('media.transcript') : kind === 'image' ? t('media.description') : t('media.content')
  return (
    <details open={open} data-testid="transcript" className="max-w-80 text-sm">
      <summary className="min-h-6 cursor-pointer text-fg-muted">{title}</summary>
      <p className="max-h-40 overflow-y-auto break-words whitespace-pre-wrap">{text}</p>
    </details>
  )
}

function Failure({ media }: { media: Media }) {
  const { t } = useTranslation('inbox')
  const reason = useMediaError()
  const allowed = useCan('conversations:write')
  const again = useFetchAgain()
  return (
    <p className="flex flex-wrap items-center gap-x-2 text-sm text-danger">
      {reason(media.error)}
      {media.retryable && allowed && (
        <Button variant="ghost" size="sm" busy={again.isPending} onClick={() => again.mutate(media.id)}>
          {t('media.fetchAgain')}
        </Button>
      )}
    </p>
  )
}

interface CardProps {
  media: Media
  name: string
  note: ReactNode
  busy: boolean
}

function MediaCard({ media, name, note, busy }: CardProps) {
  const format = useFormat()
  const Icon = ICONS[media.kind]
  const facts = [
    media.seconds != null ? duration(media.seconds) : null,
    media.size != null ? format.size(media.size) : null,
    note,
  ].filter(Boolean)
  return (
    <span
      aria-busy={busy || undefined}
      className="flex max-w-full items-center gap-3 rounded-control border bg-surface px-3 py-2"
    >
      <Icon size={20} aria-hidden className="shrink-0 text-fg-muted" />
      <span className="min-w-0">
        <span className="block truncate font-medium">{name}</span>
        {facts.length > 0 && <span className="block text-xs text-fg-muted">{facts.join(' · ')}</span>}
      </span>
    </span>
  )
}
