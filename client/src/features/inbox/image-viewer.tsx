import { ZoomIn, ZoomOut } from 'lucide-react'
import { type KeyboardEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '@/ui/dialog'
import { IconButton } from '@/ui/icon-button'
import { DownloadLink } from './download-link'

const STEPS = [1, 1.5, 2, 3, 4]

interface Props {
  url: string
  name: string | null
  onClose: () => void
}

/** A picture by itself: larger by button, plus, minus or double click; moved by scrolling. */
export default function ImageViewer({ url, name, onClose }: Props) {
  const { t } = useTranslation('inbox')
  const [step, setStep] = useState(0)
  const zoom = STEPS[step] ?? 1
  const change = (by: number) => setStep((now) => Math.min(STEPS.length - 1, Math.max(0, now + by)))
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === '+' || event.key === '=') change(1)
    else if (event.key === '-') change(-1)
    else if (event.key === '0') setStep(0)
  }
  return (
    <Dialog open onClose={onClose} title={name ?? t('media.image')} size="lg">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons do the same */}
      <div onKeyDown={onKeyDown} className="flex flex-col gap-2">
        <div className="flex items-center gap-1">
          <IconButton label={t('media.smaller')} disabled={step === 0} onClick={() => change(-1)}>
            <ZoomOut size={18} aria-hidden />
          </IconButton>
          <IconButton
            label={t('media.larger')}
            disabled={step === STEPS.length - 1}
            onClick={() => change(1)}
            data-testid="zoom-in"
          >
            <ZoomIn size={18} aria-hidden />
          </IconButton>
          <span role="status" className="text-sm text-fg-muted tabular-nums">
            {Math.round(zoom * 100)} %
          </span>
          <DownloadLink url={url} />
        </div>
        <section
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area has to be reachable by keyboard
          tabIndex={0}
          aria-label={t('media.imageAlt')}
          className="max-h-[70dvh] overflow-auto rounded-control bg-surface-2"
        >
          <img
            src={url}
            alt={t('media.imageAlt')}
            data-testid="zoomed"
            onDoubleClick={() => setStep((now) => (now === 0 ? 2 : 0))}
            className="mx-auto block max-w-none"
            style={{ width: `${zoom * 100}%` }}
          />
        </section>
      </div>
    </Dialog>
  )
}
