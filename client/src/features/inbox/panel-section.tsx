import type { ReactNode } from 'react'

interface Props {
  title: string
  folded?: boolean
  children: ReactNode
}

export function PanelSection({ title, folded, children }: Props) {
  return (
    <details open={!folded} className="border-t px-4 py-3">
      <summary className="min-h-6 font-semibold">{title}</summary>
      <div className="pt-2">{children}</div>
    </details>
  )
}
