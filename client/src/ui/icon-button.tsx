import type { ComponentProps } from 'react'
import { cn } from '@/lib/cn'

interface Props extends ComponentProps<'button'> {
  /** What it does, for the tooltip and for screen readers. */
  label: string
}

export function IconButton({ label, className, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      title={label}
      className={cn(
        'inline-flex size-11 shrink-0 items-center justify-center rounded-control text-fg-muted hover:bg-surface-2 hover:text-fg md:size-9',
        'disabled:opacity-50',
        className,
      )}
    />
  )
}
