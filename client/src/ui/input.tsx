import type { ComponentProps } from 'react'
import { cn } from '@/lib/cn'

export const controlClass =
  'w-full min-w-0 rounded-control border border-line-strong bg-surface px-3 text-fg placeholder:text-fg-muted aria-invalid:border-danger disabled:opacity-60'

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input {...rest} className={cn(controlClass, 'h-11 md:h-9', className)} />
}
