import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { FlaskConical } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'
import { assistantsQuery } from '@/api/queries'
import type { Message } from '@/api/types'
import { useErrorText } from '@/lib/error-text'
import { toast } from '@/lib/toast'
import { useCan } from '@/lib/use-me'
import { Button } from '@/ui/button'

/** Makes a test case of a real answer: what led to it, and what it is expected to say. */
export function KeepAsTest({ message }: { message: Message }) {
  const { t } = useTranslation('trace')
  const client = useQueryClient()
  const text = useErrorText()
  const allowed = useCan('assistants:write')
  const assistant = useQuery(assistantsQuery()).data?.find(({ answers }) => answers)
  const keep = useMutation({
    mutationFn: (assistantId: string) =>
      unwrap(
        api.POST('/api/v1/assistants/{assistant_id}/tests', {
          params: { path: { assistant_id: assistantId } },
          body: { conversation_id: message.conversation_id, message_id: message.id, must_pass: true },
        }),
      ),
    onSuccess: ({ assistant_id }) => {
      toast('success', t('kept'))
      void client.invalidateQueries({ queryKey: keys.testCases(assistant_id) })
    },
    onError: (error) => toast('error', text(error)),
  })
  if (!allowed || !assistant) return null
  return (
    <Button
      variant="secondary"
      size="sm"
      data-testid="keep-as-test"
      disabled={keep.isSuccess}
      busy={keep.isPending}
      onClick={() => keep.mutate(assistant.id)}
    >
      <FlaskConical size={16} aria-hidden />
      {keep.isSuccess ? t('kept') : t('keep')}
    </Button>
  )
}
