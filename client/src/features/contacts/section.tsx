import type { ReactNode } from 'react'

export function Section({ title, action, children }: { title: string; action?: ReactNode; children: ReactNode }) {
  return (
    <section>
      <div className="mb-2 flex items-center gap-2">
        <h3 className="flex-1 font-semibold">{title}</h3>
        {action}
      </div>
      {children}
    </section>
  )
}
