import { Ban, CircleCheck } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/ui/button'

export function ConnectDone({ state, onClose }: { state: 'connected' | 'banned'; onClose: () => void }) {
  const { t } = useTranslation('channels')
  const good = state === 'connected'
  return (
    <div role="status" className="appear flex flex-col items-center gap-2 py-8 text-center">
      {good ? (
        <CircleCheck size={40} aria-hidden className="text-ok" />
      ) : (
        <Ban size={40} aria-hidden className="text-danger" />
      )}
      <p className="text-md font-semibold">{good ? t('pairing.connected') : t('pairing.banned')}</p>
      <p className="text-fg-muted">{good ? t('pairing.connectedDetail') : t('stateHelp.banned')}</p>
      <Button className="mt-3" onClick={onClose}>
        {t('pairing.done')}
      </Button>
    </div>
  )
}
