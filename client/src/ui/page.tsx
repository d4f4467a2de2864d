import { type ReactNode, useEffect, useRef } from 'react'
import { cn } from '@/lib/cn'

interface Props {
  title: string
  detail?: string
  actions?: ReactNode
  /** Room for a table. */
  wide?: boolean
  children: ReactNode
}

let firstPage = true

/** A page with one heading: sets the document's title and takes the focus after a change of route. */
export function Page({ title, detail, actions, wide, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (!firstPage) heading.current?.focus({ preventScroll: true })
    firstPage = false
  }, [])
  return (
    <div className="h-full overflow-y-auto">
      <title>{`${title} · EvoAI Connect`}</title>
      <div className={cn('mx-auto flex w-full flex-col gap-6 px-4 py-6 md:px-8', wide ? 'max-w-6xl' : 'max-w-4xl')}>
        <header className="flex flex-wrap items-start gap-3">
          <div className="min-w-0 flex-1 basis-48">
            <h1 ref={heading} tabIndex={-1} className="text-xl font-semibold outline-none">
              {title}
            </h1>
            {detail && <p className="mt-1 text-fg-muted">{detail}</p>}
          </div>
          {actions}
        </header>
        {children}
      </div>
    </div>
  )
}
