import type { ReactNode } from 'react'
import { cn } from '@/lib/cn'

export type Tone = 'neutral' | 'ok' | 'warn' | 'danger' | 'info' | 'ai' | 'brand'

const LOOK: Record<Tone, string> = {
  neutral: 'bg-surface-2 text-fg-muted',
  ok: 'bg-ok-soft text-ok',
  warn: 'bg-warn-soft text-warn',
  danger: 'bg-danger-soft text-danger',
  info: 'bg-info-soft text-info',
  ai: 'bg-ai-soft text-ai',
  brand: 'bg-brand-soft text-brand',
}

interface Props {
  tone?: Tone
  icon?: ReactNode
  className?: string
  children: ReactNode
}

export function Badge({ tone = 'neutral', icon, className, children }: Props) {
  return (
    <span
      className={cn(
        'inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-sm font-medium whitespace-nowrap',
        LOOK[tone],
        className,
      )}
    >
      {icon}
      {children}
    </span>
  )
}
