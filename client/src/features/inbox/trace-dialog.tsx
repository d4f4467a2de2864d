import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Message } from '@/api/types'
import { TraceView } from '@/lib/trace/trace-view'
import { Dialog } from '@/ui/dialog'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { KeepAsTest } from './keep-as-test'
import { traceQuery } from './queries'

export default function TraceDialog({ message, onClose }: { message: Message; onClose: () => void }) {
  const { t } = useTranslation('trace')
  const query = useQuery(traceQuery(message.id))
  return (
    <Dialog open onClose={onClose} title={t('title')} size="lg">
      {query.isPending && <Loading rows={2} />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && (
        <div className="flex flex-col items-start gap-5">
          <TraceView trace={query.data} />
          <KeepAsTest message={message} />
        </div>
      )}
    </Dialog>
  )
}
