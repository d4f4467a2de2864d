import { cn } from '@/lib/cn'

/** A grey shape of what is coming; invisible for the first 150 ms. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cn('appear-late rounded-control bg-surface-2', className)} />
}
