import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { duration } from '@/lib/format'

const RADIUS = 8
const LENGTH = 2 * Math.PI * RADIUS

interface Props {
  expiresAt: string
  onEnd: () => void
}

/** The life of a code: a ring that empties, and the time in words. */
export function Countdown({ expiresAt, onEnd }: Props) {
  const { t } = useTranslation('channels')
  const end = Date.parse(expiresAt)
  const [whole] = useState(() => Math.max(1, (end - Date.now()) / 1000))
  const [left, setLeft] = useState(whole)
  useEffect(() => {
    const tick = () => {
      const seconds = (end - Date.now()) / 1000
      setLeft(Math.max(0, seconds))
      if (seconds <= 0) onEnd()
    }
    tick()
    const timer = setInterval(tick, 500)
    return () => clearInterval(timer)
  }, [end, onEnd])
  return (
    <p className="flex items-center gap-2 text-sm text-fg-muted tabular-nums" role="timer" aria-live="off">
      <svg viewBox="0 0 20 20" aria-hidden="true" className="size-5 -rotate-90">
        <circle cx="10" cy="10" r={RADIUS} fill="none" strokeWidth="2.5" className="stroke-line" />
        <circle
          cx="10"
          cy="10"
          r={RADIUS}
          fill="none"
          strokeWidth="2.5"
          strokeDasharray={LENGTH}
          strokeDashoffset={LENGTH * (1 - Math.min(1, left / whole))}
          className="stroke-brand"
        />
      </svg>
      {t('pairing.expiresIn', { time: duration(left) })}
    </p>
  )
}
