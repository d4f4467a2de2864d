import { useQueryClient } from '@tanstack/react-query'
import { Outlet, useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { cn } from '@/lib/cn'
import { ConversationList } from './conversation-list'
import { resume } from './outbox'
import type { InboxSearch } from './search'

/** The list beside the thread; on a phone one at a time. */
export function InboxLayout({ search }: { search: InboxSearch }) {
  const client = useQueryClient()
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
    </div>
  )
}
