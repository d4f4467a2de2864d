import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { setReading } from '@/lib/realtime/live'
import { ErrorState } from '@/ui/error-state'
import { conversationQuery } from './queries'
import { Thread } from './thread'
import { ThreadSkeleton } from './thread-skeleton'
import { usePanel } from './use-panel'

const ContactPanel = lazy(async () => ({ default: (await import('./contact-panel')).ContactPanel }))
const ContactSheet = lazy(() => import('./contact-sheet'))

interface Props {
  id: string
  /** Whether the URL asks for the contact's page, on screens without a third pane. */
  contact: boolean
  onContact: (open: boolean) => void
}

export function ConversationView({ id, contact, onContact }: Props) {
  const { t } = useTranslation('inbox')
  const query = useQuery(conversationQuery(id))
  const panel = usePanel(contact, onContact)
  useEffect(() => {
    setReading(id)
    return () => setReading(null)
  }, [id])
  const conversation = query.data
  if (!conversation)
    return query.isError ? (
      <div className="p-4">
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      </div>
    ) : (
      <div className="flex h-full flex-col">
        <ThreadSkeleton />
      </div>
    )
  return (
    <div className="flex h-full min-h-0">
      <title>{`${conversation.contact.name} · ${t('title')} · EvoAI Connect`}</title>
      <Thread key={id} conversation={conversation} panelOpen={panel.open} onPanel={panel.toggle} />
      <Suspense>
        {panel.open && panel.wide && (
          <div className="w-72 shrink-0 border-l">
            <ContactPanel conversation={conversation} onClose={panel.toggle} />
          </div>
        )}
        {panel.open && !panel.wide && <ContactSheet conversation={conversation} onClose={panel.toggle} />}
      </Suspense>
    </div>
  )
}
