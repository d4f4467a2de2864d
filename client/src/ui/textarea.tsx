import type { ComponentProps } from 'react'
import { cn } from '@/lib/cn'
import { controlClass } from './input'

export function Textarea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea rows={4} {...rest} className={cn(controlClass, 'py-2', className)} />
}
