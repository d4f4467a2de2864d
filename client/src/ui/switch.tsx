import { cn } from '@/lib/cn'

interface Props {
  label: string
  hint?: string
  checked: boolean
  disabled?: boolean
  onChange: (checked: boolean) => void
}

export function Switch({ label, hint, checked, disabled, onChange }: Props) {
  return (
    <label className="flex min-h-11 items-center gap-3 md:min-h-9">
      <input
        type="checkbox"
        role="switch"
        className="peer sr-only"
        checked={checked}
        aria-checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span
        aria-hidden
        className={cn(
          'relative h-6 w-10 shrink-0 rounded-full border border-line-strong peer-focus-visible:outline-2 peer-focus-visible:outline-offset-2 peer-focus-visible:outline-focus',
          checked ? 'bg-brand' : 'bg-surface-2',
        )}
      >
        <span
          className={cn(
            'absolute top-0.5 left-0.5 size-4.5 rounded-full transition-transform duration-150',
            checked ? 'translate-x-4 bg-brand-fg' : 'bg-line-strong',
          )}
        />
      </span>
      <span className="min-w-0">
        <span className="block">{label}</span>
        {hint && <span className="block text-sm text-fg-muted">{hint}</span>}
      </span>
    </label>
  )
}
