import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'
import type { Summary } from '@/api/types'
import { useErrorText } from '@/lib/error-text'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { ErrorState } from '@/ui/error-state'
import { IconButton } from '@/ui/icon-button'
import { Skeleton } from '@/ui/skeleton'
import { Textarea } from '@/ui/textarea'
import { summaryQuery } from './queries'

interface Props {
  conversationId: string
  editable: boolean
}

/** What the assistant keeps of a long conversation, which a person may correct. */
export function ConversationSummary({ conversationId, editable }: Props) {
  const { t } = useTranslation('inbox')
  const query = useQuery(summaryQuery(conversationId))
  const [editing, setEditing] = useState(false)
  if (query.isPending) return <Skeleton className="h-5 w-2/3" />
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />
  if (!query.data.text) return <p className="text-fg-muted">{t('summary.none')}</p>
  if (editing)
    return <SummaryForm conversationId={conversationId} summary={query.data} onDone={() => setEditing(false)} />
  return (
    <div className="flex items-start gap-2">
      <p className="min-w-0 flex-1 break-words whitespace-pre-wrap">{query.data.text}</p>
      {editable && (
        <IconButton label={t('summary.edit')} onClick={() => setEditing(true)}>
          <Pencil size={14} aria-hidden />
        </IconButton>
      )}
    </div>
  )
}

interface FormProps {
  conversationId: string
  summary: Summary
  onDone: () => void
}

function SummaryForm({ conversationId, summary, onDone }: FormProps) {
  const { t } = useTranslation(['inbox', 'ui'])
  const client = useQueryClient()
  const error = useErrorText()
  const [text, setText] = useState(summary.text ?? '')
  const save = useMutation({
    mutationFn: () =>
      unwrap(
        api.PUT('/api/v1/conversations/{conversation_id}/summary', {
          params: { path: { conversation_id: conversationId } },
          body: { text: text.trim() || null, version: summary.version },
        }),
      ),
    onSuccess: (next) => {
      client.setQueryData(keys.summary(conversationId), next)
      onDone()
    },
    onError: (failure) => {
      toast('error', error(failure))
      void client.invalidateQueries({ queryKey: keys.summary(conversationId) })
    },
  })
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <Textarea
        aria-label={t('summary.title')}
        rows={8}
        maxLength={3000}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className="flex justify-end gap-2">
        <Button variant="ghost" onClick={onDone}>
          {t('ui:cancel')}
        </Button>
        <Button type="submit" busy={save.isPending}>
          {t('ui:save')}
        </Button>
      </div>
    </form>
  )
}
