import { Link } from '@tanstack/react-router'
import { RotateCcw, X } from 'lucide-react'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/api/errors'
import { useErrorText } from '@/lib/error-text'
import { clearDone, isOpen, type Upload, useUploads } from '@/lib/uploads'
import { useFormat } from '@/lib/use-format'
import { IconButton } from '@/ui/icon-button'
import { Meter } from '@/ui/meter'
import { canRetry, removeUpload, retryUpload } from './sender'

/** Files on their way, and those that did not make it. One that arrived stands among the documents. */
export function UploadList() {
  const { t } = useTranslation('knowledge')
  const all = useUploads()
  const shown = all.filter(({ state }) => state !== 'done')
  const over = shown.length === 0 && all.length > 0
  useEffect(() => {
    if (over) clearDone()
  }, [over])
  if (shown.length === 0) return null
  const open = all.filter(isOpen).length
  return (
    <section aria-label={t('upload.list')} className="rounded-card border bg-surface">
      <p role="status" className="border-b px-4 py-2.5 font-medium">
        {open > 0 ? t('upload.sending', { count: open }) : t('upload.failed', { count: shown.length })}
      </p>
      <ul className="max-h-96 divide-y overflow-y-auto">
        {shown.map((upload) => (
          <UploadRow key={upload.id} upload={upload} />
        ))}
      </ul>
    </section>
  )
}

function UploadRow({ upload }: { upload: Upload }) {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  const { id, name, size, state, sent, failure } = upload
  return (
    <li className="flex items-center gap-3 px-4 py-2" data-testid="upload" data-state={state}>
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <p className="flex items-baseline gap-2">
          <span className="min-w-0 truncate font-medium">{name}</span>
          <span className="shrink-0 text-sm text-fg-muted tabular-nums">
            {format.size(size)}
            {state === 'sending' && ` · ${format.percent(sent)}`}
            {state === 'waiting' && ` · ${t('upload.waiting')}`}
          </span>
        </p>
        {failure ? (
          <UploadFailure code={failure.code} detail={failure.detail} />
        ) : (
          <Meter progress label={name} share={sent} valueText={format.percent(sent)} />
        )}
      </div>
      {state === 'failed' && canRetry(id) && (
        <IconButton label={t('upload.retry', { name })} onClick={() => retryUpload(id)}>
          <RotateCcw size={16} aria-hidden />
        </IconButton>
      )}
      <IconButton
        label={t(state === 'failed' ? 'upload.remove' : 'upload.cancel', { name })}
        onClick={() => removeUpload(id)}
      >
        <X size={16} aria-hidden />
      </IconButton>
    </li>
  )
}

function UploadFailure({ code, detail }: { code: string; detail: string | null }) {
  const { t } = useTranslation('knowledge')
  const text = useErrorText()
  const own = { 'payload-too-large': 'tooLarge', 'unprocessable-file': 'format', 'plan-limit': 'plan' } as const
  const known = own[code as keyof typeof own]
  return (
    <p className="text-sm text-danger">
      {known ? t(`upload.${known}`) : text(new ApiError(0, code, detail ? { detail } : {}))}{' '}
      {code === 'plan-limit' && (
        <Link to="/usage" className="underline">
          {t('seePlan')}
        </Link>
      )}
    </p>
  )
}
