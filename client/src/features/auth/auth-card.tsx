import type { ReactNode } from 'react'
import { Brand } from '@/ui/brand'

interface Props {
  title: string
  detail: string
  footer: ReactNode
  children: ReactNode
}

export function AuthCard({ title, detail, footer, children }: Props) {
  return (
    <main className="flex min-h-full flex-col items-center justify-center gap-6 px-4 py-10">
      <title>{`${title} · EvoAI Connect`}</title>
      <Brand />
      <div className="w-full max-w-sm rounded-card border bg-surface p-6">
        <h1 className="text-lg font-semibold">{title}</h1>
        <p className="mb-5 text-fg-muted">{detail}</p>
        {children}
      </div>
      <p className="text-fg-muted">{footer}</p>
    </main>
  )
}
