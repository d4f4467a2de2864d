import { lazy, Suspense, useCallback, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Conversation, Message } from '@/api/types'
import { loadWords } from '@/i18n'
import { useCan } from '@/lib/use-me'
import { ErrorState } from '@/ui/error-state'
import { Announcer } from './announcer'
import { ChannelNotice } from './channel-notice'
import { Composer } from './composer'
import { HandoffBanner } from './handoff-banner'
import { MessageList } from './message-list'
import { ThreadHeader } from './thread-header'
import { ThreadSkeleton } from './thread-skeleton'
import { TypingLine } from './typing-line'
import { useMarkRead } from './use-mark-read'
import { useThread } from './use-thread'
import { WindowBar } from './window-bar'

const TraceDialog = lazy(async () => {
  const [file] = await Promise.all([import('./trace-dialog'), loadWords('trace')])
  return file
})

interface Props {
  conversation: Conversation
  panelOpen: boolean
  onPanel: () => void
}

export function Thread({ conversation, panelOpen, onPanel }: Props) {
  const { t } = useTranslation('inbox')
  const { query, rows, messages } = useThread(conversation)
  const [why, setWhy] = useState<Message | null>(null)
  const allowed = useCan('conversations:write')
  const lastInbound = messages.findLast((message) => message.direction === 'in')?.id
  useMarkRead(conversation.id, conversation.unread_count, lastInbound, allowed)

  const { hasNextPage, isFetchingNextPage, fetchNextPage, isError } = query
  const older = useCallback(() => void fetchNextPage(), [fetchNextPage])
  const name = conversation.contact.name
  return (
    <section aria-label={t('thread', { name })} className="flex h-full min-h-0 min-w-0 flex-1 flex-col">
      <ThreadHeader conversation={conversation} panelOpen={panelOpen} onPanel={onPanel} />
      {query.isPending ? (
        <ThreadSkeleton />
      ) : isError && rows.length === 0 ? (
        <div className="flex-1 p-4">
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        </div>
      ) : (
        <MessageList
          rows={rows}
          contactName={name}
          hasOlder={hasNextPage}
          loadingOlder={isFetchingNextPage}
          onOlder={older}
          onWhy={setWhy}
        />
      )}
      <TypingLine conversationId={conversation.id} contactName={name} />
      <div className="flex flex-col gap-2 px-3 pb-3 md:px-4 md:pb-4">
        <ChannelNotice channelId={conversation.channel.id} />
        <HandoffBanner conversation={conversation} />
        <WindowBar conversation={conversation} />
        <Composer conversation={conversation} />
      </div>
      <Announcer conversation={conversation} />
      {why && (
        <Suspense>
          <TraceDialog message={why} onClose={() => setWhy(null)} />
        </Suspense>
      )}
    </section>
  )
}
