/** Tells whoever is logged in, on any page, that a conversation began to wait for a person. */
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { isReading, onLiveEvent } from '@/lib/realtime/live'
import { toast } from '@/lib/toast'
import { useCan } from '@/lib/use-me'

export function useHandoffNotice(): void {
  const { t } = useTranslation('shell')
  const allowed = useCan('conversations:write')
  useEffect(() => {
    if (!allowed) return
    return onLiveEvent((event) => {
      if (event.type === 'handoff.requested' && event.data.state === 'queued' && !isReading(event.data.id))
        toast('message', t('handoffToast', { name: event.data.contact.name }))
    })
  }, [allowed, t])
}
