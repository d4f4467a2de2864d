import { cn } from '@/lib/cn'

interface Props {
  label: string
  /** Between 0 and 1. */
  share: number
  valueText: string
  /** Reaching the end is good: no warning colours. */
  progress?: boolean
}

export function Meter({ label, share, valueText, progress }: Props) {
  const percent = Math.min(100, Math.round(share * 100))
  const colour = progress ? 'bg-brand' : share >= 0.95 ? 'bg-danger' : share >= 0.8 ? 'bg-warn' : 'bg-brand'
  return (
    // biome-ignore lint/a11y/useSemanticElements: browsers do not let the native meter take our colours
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={valueText}
      className="h-2 overflow-hidden rounded-full bg-surface-2"
    >
      <div className={cn('h-full rounded-full', colour)} style={{ width: `${percent}%` }} />
    </div>
  )
}
