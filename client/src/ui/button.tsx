import type { ComponentProps } from 'react'
import { cn } from '@/lib/cn'

type Variant = 'primary' | 'secondary' | 'ghost' | 'danger' | 'quiet-danger'

const LOOK: Record<Variant, string> = {
  primary: 'bg-brand text-brand-fg hover:brightness-95',
  secondary: 'border border-line-strong bg-surface text-fg hover:bg-surface-2',
  ghost: 'text-fg hover:bg-surface-2',
  'quiet-danger': 'text-danger hover:bg-danger-soft',
  danger: 'bg-danger text-danger-fg hover:brightness-95',
}

interface Props extends ComponentProps<'button'> {
  variant?: Variant
  size?: 'md' | 'sm'
  busy?: boolean
}

export function buttonClass(variant: Variant = 'primary', size: 'md' | 'sm' = 'md', extra?: string): string {
  return cn(
    'inline-flex shrink-0 items-center justify-center gap-2 rounded-control font-medium whitespace-nowrap',
    'transition-[opacity,background-color] duration-150 disabled:opacity-60 aria-disabled:opacity-60',
    size === 'md' ? 'h-11 px-4 md:h-9 md:px-3.5' : 'h-11 px-3 text-sm md:h-8 md:px-2.5',
    LOOK[variant],
    extra,
  )
}

export function Button({ variant, size, busy, className, disabled, children, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={buttonClass(variant, size, className)}
    >
      {children}
    </button>
  )
}
