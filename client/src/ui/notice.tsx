import { CircleAlert, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { cn } from '@/lib/cn'

interface Props {
  tone: 'info' | 'warn' | 'danger'
  role?: 'alert' | 'status'
  action?: ReactNode
  className?: string
  children: ReactNode
}

const LOOK = {
  info: { box: 'bg-info-soft text-info', Icon: Info },
  warn: { box: 'bg-warn-soft text-warn', Icon: TriangleAlert },
  danger: { box: 'bg-danger-soft text-danger', Icon: CircleAlert },
}

export function Notice({ tone, role, action, className, children }: Props) {
  const { box, Icon } = LOOK[tone]
  return (
    <div
      role={role}
      className={cn('flex flex-wrap items-center gap-x-3 gap-y-2 rounded-control px-3 py-2', box, className)}
    >
      <Icon size={16} aria-hidden className="shrink-0" />
      <div className="min-w-48 flex-1">{children}</div>
      {action}
    </div>
  )
}
