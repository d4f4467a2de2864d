import { FileText, Mic, RotateCw, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/api/errors'
import { useErrorText } from '@/lib/error-text'
import { useFormat } from '@/lib/use-format'
import { IconButton } from '@/ui/icon-button'
import { type Attachment, largest, MOST_FILES } from './use-attachments'

interface Props {
  items: readonly Attachment[]
  onRemove: (id: string) => void
  onRetry: (item: Attachment) => void
}

/** The files that go with the message, each with how far it has come. */
export default function AttachmentList({ items, onRemove, onRetry }: Props) {
  const { t } = useTranslation('inbox')
  const format = useFormat()
  const text = useErrorText()
  return (
    <ul aria-label={t('attach.list')} className="flex flex-wrap gap-2 px-1">
      {items.map((item) => {
        const name = item.voice ? t('media.voice') : item.file.name
        return (
          <li
            key={item.id}
            data-testid="attachment"
            data-ready={item.media !== null}
            className="flex max-w-full items-center gap-2 rounded-control border bg-surface-2 py-1 pl-2"
          >
            <Face item={item} />
            <span className="min-w-0">
              <span className="block max-w-48 truncate text-sm font-medium">{name}</span>
              {item.error ? (
                <span role="alert" className="block text-xs text-danger">
                  {tooLarge(item.error)
                    ? t('attach.tooLarge', { max: format.size(largest(item.file)) })
                    : text(item.error)}
                </span>
              ) : item.media ? (
                <span className="block text-xs text-fg-muted">{format.size(item.file.size)}</span>
              ) : (
                <progress
                  max={1}
                  value={item.progress}
                  aria-label={t('attach.progress', { name })}
                  className="block h-1.5 w-32 accent-brand"
                />
              )}
            </span>
            {isPassing(item.error) && (
              <IconButton label={t('attach.retry', { name })} onClick={() => onRetry(item)}>
                <RotateCw size={16} aria-hidden />
              </IconButton>
            )}
            <IconButton label={t('attach.remove', { name })} onClick={() => onRemove(item.id)}>
              <X size={16} aria-hidden />
            </IconButton>
          </li>
        )
      })}
      {items.length >= MOST_FILES && (
        <li className="w-full text-xs text-fg-muted">{t('attach.most', { count: MOST_FILES })}</li>
      )}
    </ul>
  )
}

const tooLarge = (error: unknown): boolean => error instanceof ApiError && error.code === 'payload-too-large'
/** Whether the same file may do better another time. */
const isPassing = (error: unknown): boolean =>
  error !== null && !(error instanceof ApiError && [413, 415, 422].includes(error.status))

/** The picture itself, where the file is one that a browser shows. */
function Face({ item }: { item: Attachment }) {
  const { file, voice } = item
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    if (!/^image\/(png|jpeg|gif|webp)$/.test(file.type)) return
    const made = URL.createObjectURL(file)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [file])
  if (url)
    return (
      <img src={url} alt="" onError={() => setUrl(null)} className="size-9 shrink-0 rounded-control object-cover" />
    )
  const Icon = voice ? Mic : FileText
  return <Icon size={16} aria-hidden className="shrink-0 text-fg-muted" />
}
