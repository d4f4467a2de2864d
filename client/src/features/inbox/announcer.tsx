import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Conversation } from '@/api/types'
import { onLiveEvent } from '@/lib/realtime/live'
import { usePreview } from './preview'

/** Says what comes into the open thread; history that is loaded or scrolled stays silent. */
export function Announcer({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation('inbox')
  const preview = usePreview()
  const [text, setText] = useState('')
  const { id, contact } = conversation
  useEffect(
    () =>
      onLiveEvent((event) => {
        if (event.type !== 'message.received' || event.data.conversation_id !== id) return
        setText(t('announce', { name: contact.name, text: preview(event.data) }))
      }),
    [id, contact.name, preview, t],
  )
  return (
    <p aria-live="polite" className="sr-only">
      {text}
    </p>
  )
}
