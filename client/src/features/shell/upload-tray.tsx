import { Link, useLocation } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { clearDone, isOpen, useUploads } from '@/lib/uploads'
import { IconButton } from '@/ui/icon-button'
import { Notice } from '@/ui/notice'

/** How files on their way fare, on every page but their own. */
export default function UploadTray() {
  const { t } = useTranslation('shell')
  const all = useUploads()
  const elsewhere = useLocation({ select: ({ pathname }) => pathname !== '/knowledge' })
  if (!elsewhere) return null
  const total = all.length
  const done = all.filter(({ state }) => state === 'done').length
  const failed = all.filter(({ state }) => state === 'failed').length
  const open = all.some(isOpen)
  const words = open
    ? t('uploading', { done, total })
    : failed > 0
      ? t('uploadFailed', { failed, total })
      : t('uploaded', { done, total })
  return (
    <Notice
      tone={failed > 0 && !open ? 'warn' : 'info'}
      role="status"
      className="rounded-none"
      action={
        <>
          <Link to="/knowledge" className="underline">
            {t('seeUploads')}
          </Link>
          {!open && failed === 0 && (
            <IconButton label={t('dismiss')} onClick={clearDone}>
              <X size={16} aria-hidden />
            </IconButton>
          )}
        </>
      }
    >
      <p className="tabular-nums">{words}</p>
    </Notice>
  )
}
