import { FileText, Mic, RotateCw, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useErrorText } from '@/lib/error-text'
import { useFormat } from '@/lib/use-format'
import { IconButton } from '@/ui/icon-button'
import type { Attachment } from './use-attachments'

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
        const Icon = item.voice ? Mic : FileText
        const name = item.voice ? t('media.voice') : item.file.name
        return (
          <li
            key={item.id}
            data-testid="attachment"
            data-ready={item.media !== null}
            className="flex max-w-full items-center gap-2 rounded-control border bg-surface-2 py-1 pl-2"
          >
            <Icon size={16} aria-hidden className="shrink-0 text-fg-muted" />
            <span className="min-w-0">
              <span className="block max-w-48 truncate text-sm font-medium">{name}</span>
              {item.error ? (
                <span role="alert" className="block text-xs text-danger">
                  {text(item.error)}
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
            {item.error !== null && (
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
    </ul>
  )
}
