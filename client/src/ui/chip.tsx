import type { ComponentProps } from 'react'
import { cn } from '@/lib/cn'

interface Props extends Omit<ComponentProps<'button'>, 'className'> {
  pressed: boolean
  size?: 'md' | 'sm'
}

/** A small button that stays down while what it says is chosen. */
export function Chip({ pressed, size = 'md', ...rest }: Props) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      {...rest}
      className={cn(
        'inline-flex h-11 shrink-0 items-center gap-1.5 rounded-full border border-line-strong px-3 text-sm font-medium',
        'text-fg-muted hover:bg-surface-2 aria-pressed:border-brand aria-pressed:bg-brand-soft aria-pressed:text-brand',
        size === 'md' ? 'md:h-9' : 'md:h-7 md:px-2.5',
      )}
    />
  )
}
