import { type ReactNode, useId } from 'react'
import { cn } from '@/lib/cn'

interface Props {
  title?: string
  detail?: string
  aside?: ReactNode
  className?: string
  children: ReactNode
}

export function Card({ title, detail, aside, className, children }: Props) {
  const id = useId()
  return (
    <section
      aria-labelledby={title ? id : undefined}
      className={cn('rounded-card border bg-surface p-4 md:p-5', className)}
    >
      {title && (
        <header className="mb-4 flex items-start gap-3">
          <div className="min-w-0 flex-1">
            <h2 id={id} className="text-md font-semibold">
              {title}
            </h2>
            {detail && <p className="text-sm text-fg-muted">{detail}</p>}
          </div>
          {aside}
        </header>
      )}
      {children}
    </section>
  )
}
