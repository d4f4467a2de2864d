import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { ChevronLeft, ChevronRight, ZoomIn, ZoomOut } from 'lucide-react'
import { type KeyboardEvent, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '@/ui/dialog'
import { ErrorState } from '@/ui/error-state'
import { IconButton } from '@/ui/icon-button'
import { Skeleton } from '@/ui/skeleton'
import { DownloadLink } from './download-link'
import { pdfPageQuery } from './queries'

interface Props {
  id: string
  name: string
  /** Where the file itself is. */
  url: string
  onClose: () => void
}

/** A PDF page by page, as pictures that the server makes: nothing of the file runs here. */
export default function PdfViewer({ id, name, url, onClose }: Props) {
  const { t } = useTranslation('inbox')
  const [number, setNumber] = useState(1)
  const [large, setLarge] = useState(false)
  const query = useQuery({ ...pdfPageQuery(id, number), placeholderData: keepPreviousData })
  const picture = useObjectUrl(query.data?.picture)
  const pages = query.data?.pages ?? 1
  const turn = (by: number) => setNumber((now) => Math.min(pages, Math.max(1, now + by)))
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowRight' || event.key === 'PageDown') turn(1)
    else if (event.key === 'ArrowLeft' || event.key === 'PageUp') turn(-1)
  }
  return (
    <Dialog open onClose={onClose} title={name} size="lg">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons do the same */}
      <div onKeyDown={onKeyDown} className="flex flex-col gap-2">
        <div className="flex items-center gap-1">
          <IconButton label={t('media.pageBefore')} disabled={number <= 1} onClick={() => turn(-1)}>
            <ChevronLeft size={18} aria-hidden />
          </IconButton>
          <IconButton
            label={t('media.pageAfter')}
            disabled={number >= pages}
            onClick={() => turn(1)}
            data-testid="next-page"
          >
            <ChevronRight size={18} aria-hidden />
          </IconButton>
          <IconButton
            label={large ? t('media.smaller') : t('media.larger')}
            onClick={() => setLarge(!large)}
            data-testid="zoom-page"
          >
            {large ? <ZoomOut size={18} aria-hidden /> : <ZoomIn size={18} aria-hidden />}
          </IconButton>
          <span role="status" className="text-sm text-fg-muted tabular-nums">
            {query.data && t('media.page', { number, pages })}
          </span>
          <DownloadLink url={url} />
        </div>
        {query.isError ? (
          <ErrorState error={query.error} />
        ) : (
          <section
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area has to be reachable by keyboard
            tabIndex={0}
            aria-label={name}
            aria-busy={query.isFetching}
            className="h-[70dvh] overflow-auto rounded-control bg-surface-2"
          >
            {picture ? (
              <img
                src={picture}
                alt={t('media.page', { number, pages })}
                data-testid="pdf-page"
                className={large ? 'block w-[200%] max-w-none' : 'mx-auto block w-full'}
              />
            ) : (
              <Skeleton className="h-full" />
            )}
          </section>
        )}
      </div>
    </Dialog>
  )
}

function useObjectUrl(blob: Blob | undefined): string | null {
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    if (!blob) return
    const made = URL.createObjectURL(blob)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [blob])
  return url
}
