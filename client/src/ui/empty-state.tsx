import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

interface Props {
  icon: LucideIcon
  title: string
  detail?: string
  action?: ReactNode
}

export function EmptyState({ icon: Icon, title, detail, action }: Props) {
  return (
    <div className="appear flex flex-col items-center gap-2 px-6 py-12 text-center">
      <Icon size={28} aria-hidden className="text-fg-muted" />
      <p className="text-md font-semibold">{title}</p>
      {detail && <p className="max-w-sm text-fg-muted">{detail}</p>}
      {action && <div className="mt-2">{action}</div>}
    </div>
  )
}
