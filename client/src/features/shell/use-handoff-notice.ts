/** Tells whoever is logged in, on any page, that a conversation began to wait for a person. */
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '@/lib/alerts'
import { isReading, onLiveEvent } from '@/lib/realtime/live'
import { toast } from '@/lib/toast'
import { useCan } from '@/lib/use-me'

export function useHandoffNotice(): void {
  const { t } = useTranslation('shell')
  const navigate = useNavigate()
  const allowed = useCan('conversations:write')
  useEffect(() => {
    if (!allowed) return
    return onLiveEvent((event) => {
      if (event.type !== 'handoff.requested' || event.data.state !== 'queued' || isReading(event.data.id)) return
      const { id, contact } = event.data
      const title = t('handoffToast', { name: contact.name })
      toast('message', title)
      call({
        name: `handoff:${id}`,
        title,
        onOpen: () => void navigate({ to: '/inbox/$conversationId', params: { conversationId: id } }),
      })
    })
  }, [allowed, navigate, t])
}
