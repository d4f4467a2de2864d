import type { ComponentProps } from 'react'
import { cn } from '@/lib/cn'
import { controlClass } from './input'

/** The browser's own select: keyboard, phone wheel and screen readers come with it. */
export function Select({ className, ...rest }: ComponentProps<'select'>) {
  return <select {...rest} className={cn(controlClass, 'h-11 md:h-9', className)} />
}
