import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'
import type { Conversation, Template } from '@/api/types'
import { type Thread, upsertMessage } from '@/lib/realtime/messages'
import { Dialog } from '@/ui/dialog'
import { TemplateChoice } from './template-choice'
import { type FilledTemplate, TemplateFields } from './template-fields'

interface Props {
  conversation: Conversation
  onClose: () => void
}

/** The channel's approved templates; the one that is chosen is filled and sent. */
export default function TemplatePicker({ conversation, onClose }: Props) {
  const { t } = useTranslation('inbox')
  const client = useQueryClient()
  const [chosen, setChosen] = useState<Template | null>(null)
  const { id, channel } = conversation
  const send = async (template: FilledTemplate, client_id: string) => {
    const message = await unwrap(
      api.POST('/api/v1/conversations/{conversation_id}/messages', {
        params: { path: { conversation_id: id } },
        headers: { 'Idempotency-Key': client_id },
        body: { client_id, template },
      }),
    )
    client.setQueryData<Thread>(keys.messages(id), (thread) => (thread ? upsertMessage(thread, message) : thread))
    onClose()
  }
  return (
    <Dialog open onClose={onClose} title={t('template.title')} description={t('template.detail')}>
      {chosen ? (
        <TemplateFields template={chosen} send={send} onBack={() => setChosen(null)} />
      ) : (
        <TemplateChoice channelId={channel.id} onChoose={setChosen} />
      )}
    </Dialog>
  )
}
