import { useQueryClient } from '@tanstack/react-query'
import { Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { lazy, Suspense, useEffect } from 'react'
import { cn } from '@/lib/cn'
import { useCan } from '@/lib/use-me'
import { ConversationList } from './conversation-list'
import { resume } from './outbox'
import { type InboxSearch, SOMEBODY } from './search'

const StartDialog = lazy(() => import('./start-dialog'))

/** The list beside the thread; on a phone one at a time. */
export function InboxLayout({ search }: { search: InboxSearch }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const mayWrite = useCan('conversations:write')
  const open = useParams({ strict: false }).conversationId !== undefined
  useEffect(() => resume(client), [client])
  return (
    <div className="flex h-full min-h-0">
      <div
        className={cn('h-full w-full min-w-0 border-r bg-surface md:w-80 md:shrink-0 xl:w-90', open && 'max-md:hidden')}
      >
        <ConversationList search={search} />
      </div>
      <div className={cn('h-full min-w-0 flex-1', !open && 'max-md:hidden')}>
        <Outlet />
      </div>
      <Suspense>
        {mayWrite && search.write && (
          <StartDialog
            contactId={search.write === SOMEBODY ? null : search.write}
            onClose={() =>
              void navigate({ to: '.', search: (before) => ({ ...before, write: undefined }), replace: true })
            }
          />
        )}
      </Suspense>
    </div>
  )
}
