import { Lock } from 'lucide-react'
import type { ReactNode } from 'react'

/** Instead of a page that somebody may not see: what is missing, and who can give it. */
export function NoAccess({ children }: { children: ReactNode }) {
  return (
    <div className="flex items-start gap-3 rounded-card border bg-surface p-5 text-fg-muted">
      <Lock size={18} aria-hidden className="mt-0.5 shrink-0" />
      <p>{children}</p>
    </div>
  )
}
