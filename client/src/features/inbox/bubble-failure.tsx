import { useQueryClient } from '@tanstack/react-query'
import { CircleAlert } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Message } from '@/api/types'
import { useCan } from '@/lib/use-me'
import { useResend } from './mutations'
import { discard, pendingOf, retry } from './outbox'
import { useSendReason } from './use-send-reason'

const ConfirmDialog = lazy(async () => ({ default: (await import('@/ui/confirm-dialog')).ConfirmDialog }))

const actionClass = 'min-h-6 font-medium underline underline-offset-2'

/** Why something was not sent, and the ways on. What the server never took can be thrown away; the rest is history. */
export function BubbleFailure({ message }: { message: Message }) {
  const { t } = useTranslation('inbox')
  const client = useQueryClient()
  const allowed = useCan('conversations:write')
  const reason = useSendReason()
  const resend = useResend()
  const [asking, setAsking] = useState(false)
  const failed = message.status === 'failed'
  if (!failed && message.status !== 'uncertain') return null
  const local = message.client_id && message.id.startsWith('local:') ? pendingOf(message.client_id) : undefined
  const again = () => {
    if (local) retry(client, local)
    else if (failed) resend.mutate(message)
    else setAsking(true)
  }
  return (
    <div
      className={`mt-1 flex max-w-[85%] flex-wrap items-center justify-end gap-x-3 gap-y-1 text-sm ${failed ? 'text-danger' : 'text-warn'}`}
    >
      <span className="flex items-center gap-1.5">
        <CircleAlert size={14} aria-hidden className="shrink-0" />
        {failed ? t('failedReason', { reason: reason(message.error) }) : t('uncertainReason')}
      </span>
      {allowed && (
        <button type="button" disabled={resend.isPending} onClick={again} className={actionClass} data-testid="resend">
          {t('resend')}
        </button>
      )}
      {local && (
        <button type="button" onClick={() => discard(local.client_id)} className={actionClass}>
          {t('discardMessage')}
        </button>
      )}
      {asking && (
        <Suspense>
          <ConfirmDialog
            open
            title={t('resendUncertainTitle')}
            description={t('resendUncertainDetail')}
            action={t('resendConfirm')}
            onClose={() => setAsking(false)}
            onConfirm={() => {
              setAsking(false)
              resend.mutate(message)
            }}
          />
        </Suspense>
      )}
    </div>
  )
}
