import { RefreshCw } from 'lucide-react'
import { lazy, Suspense, useCallback, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useQr } from '@/lib/realtime/signals'
import { Button } from '@/ui/button'
import { ErrorState } from '@/ui/error-state'
import { Skeleton } from '@/ui/skeleton'
import { Countdown } from './countdown'

const QrCode = lazy(() => import('./qr-code'))
/** After this many nobody is holding the phone: the next one is asked for by hand. */
const RENEWALS = 5

interface Props {
  channelId: string
  asking: boolean
  error: unknown
  onRenew: () => void
}

export function QrPane({ channelId, asking, error, onRenew }: Props) {
  const { t } = useTranslation('channels')
  const qr = useQr(channelId)
  const [ended, setEnded] = useState<string | null>(null)
  const code = qr?.code
  const end = useCallback(() => setEnded(code ?? null), [code])
  const over = qr !== undefined && (ended === qr.code || qr.renewals > RENEWALS)
  const waiting = <Skeleton className="size-66 rounded-card" />
  return (
    <div className="flex min-w-66 flex-col items-center gap-3">
      {qr && !over ? (
        <>
          <Suspense fallback={waiting}>
            <QrCode code={qr.code} />
          </Suspense>
          <Countdown key={qr.expiresAt} expiresAt={qr.expiresAt} onEnd={end} />
          <p role="status" className="text-fg-muted">
            {t('pairing.waiting')}
          </p>
        </>
      ) : asking ? (
        <>
          {waiting}
          <p role="status" className="text-fg-muted">
            {t('pairing.preparing')}
          </p>
        </>
      ) : (
        <div className="flex size-66 flex-col items-center justify-center gap-3 rounded-card border border-dashed p-4 text-center">
          {error ? (
            <ErrorState error={error} />
          ) : (
            <>
              <p className="font-medium">{t('pairing.expired')}</p>
              <p className="text-sm text-fg-muted">{t('pairing.expiredDetail')}</p>
            </>
          )}
          <Button onClick={onRenew}>
            <RefreshCw size={16} aria-hidden />
            {t('pairing.renew')}
          </Button>
        </div>
      )}
    </div>
  )
}
