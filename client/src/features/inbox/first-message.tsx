import { useMutation, useQueryClient } from '@tanstack/react-query'
import { SendHorizontal } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'
import type { ConversationIn, Template } from '@/api/types'
import { useClientId } from '@/lib/use-client-id'
import { Button } from '@/ui/button'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'
import { Textarea } from '@/ui/textarea'
import { TemplateChoice } from './template-choice'
import { TemplateFields } from './template-fields'

interface Props {
  channelId: string
  contactId: string
  templateOnly: boolean
  onStarted: (conversationId: string) => void
}

type First = Pick<ConversationIn, 'text' | 'template'>

export function FirstMessage({ channelId, contactId, templateOnly, onStarted }: Props) {
  const { t } = useTranslation('inbox')
  const client = useQueryClient()
  const clientId = useClientId()
  const [text, setText] = useState('')
  const [template, setTemplate] = useState<Template | null>(null)
  const start = useMutation({
    mutationFn: ({ first, client_id }: { first: First; client_id: string }) =>
      unwrap(
        api.POST('/api/v1/conversations', {
          headers: { 'Idempotency-Key': client_id },
          body: { channel_id: channelId, contact_id: contactId, client_id, ...first },
        }),
      ),
    onSuccess: ({ conversation_id }) => {
      for (const queryKey of [
        keys.conversations,
        keys.counts,
        keys.conversationsOf(contactId),
        keys.conversation(conversation_id),
        keys.messages(conversation_id),
      ])
        void client.invalidateQueries({ queryKey })
      onStarted(conversation_id)
    },
  })
  if (templateOnly)
    return (
      <>
        <Notice tone="info">{t('writeFirst.templateOnly')}</Notice>
        {template ? (
          <TemplateFields
            template={template}
            send={async (filled, client_id) =>
              void (await start.mutateAsync({ first: { template: filled }, client_id }))
            }
            onBack={() => setTemplate(null)}
          />
        ) : (
          <TemplateChoice channelId={channelId} onChoose={setTemplate} />
        )}
      </>
    )
  const said = text.trim()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (said) start.mutate({ first: { text: said }, client_id: clientId(said) })
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label={t('writeFirst.message')}>
        {(ids) => (
          <Textarea
            {...ids}
            value={text}
            maxLength={4096}
            onChange={(event) => setText(event.target.value)}
            data-testid="write-text"
          />
        )}
      </Field>
      {start.isError && <ErrorState error={start.error} />}
      <Button type="submit" busy={start.isPending} disabled={!said} className="self-end" data-testid="write-send">
        {t('composer.send')}
        <SendHorizontal size={16} aria-hidden />
      </Button>
    </form>
  )
}
