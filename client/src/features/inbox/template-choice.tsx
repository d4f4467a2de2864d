import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { FileText, RotateCw } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'
import type { Template } from '@/api/types'
import { useErrorText } from '@/lib/error-text'
import { toast } from '@/lib/toast'
import { useCan } from '@/lib/use-me'
import { Button } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { ErrorState } from '@/ui/error-state'
import { Input } from '@/ui/input'
import { Loading } from '@/ui/loading'
import { templatesQuery } from './queries'

interface Props {
  channelId: string
  onChoose: (template: Template) => void
}

/** A channel's approved templates, to choose one. */
export function TemplateChoice({ channelId, onChoose }: Props) {
  const { t } = useTranslation('inbox')
  const query = useQuery(templatesQuery(channelId))
  const [words, setWords] = useState('')
  if (query.isPending) return <Loading rows={3} />
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />
  const approved = query.data.filter((one) => one.status === 'approved')
  const wanted = words.trim().toLowerCase()
  const shown = approved.filter((one) => `${one.name} ${one.body ?? ''}`.toLowerCase().includes(wanted))
  return (
    <div className="flex flex-col gap-3 pt-2">
      {approved.length > 0 && (
        <Input
          type="search"
          value={words}
          aria-label={t('template.search')}
          placeholder={t('template.search')}
          onChange={(event) => setWords(event.target.value)}
        />
      )}
      {approved.length === 0 && (
        <EmptyState icon={FileText} title={t('template.none')} detail={t('template.noneDetail')} />
      )}
      {approved.length > 0 && shown.length === 0 && <p className="text-fg-muted">{t('template.noMatch')}</p>}
      <ul className="flex flex-col gap-2 empty:hidden">
        {shown.map((one) => (
          <li key={`${one.name} ${one.language}`}>
            <button
              type="button"
              onClick={() => onChoose(one)}
              data-testid={`template-${one.name}`}
              className="w-full rounded-card border p-3 text-left hover:bg-surface-2"
            >
              <span className="block font-medium break-words">
                {one.name} <span className="text-sm text-fg-muted">{one.language}</span>
              </span>
              <span className="line-clamp-2 text-sm text-fg-muted">{one.body}</span>
            </button>
          </li>
        ))}
      </ul>
      <Refresh channelId={channelId} />
    </div>
  )
}

function Refresh({ channelId }: { channelId: string }) {
  const { t } = useTranslation('inbox')
  const client = useQueryClient()
  const text = useErrorText()
  const allowed = useCan('channels:write')
  const refresh = useMutation({
    mutationFn: () =>
      unwrap(api.POST('/api/v1/channels/{channel_id}/templates/sync', { params: { path: { channel_id: channelId } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.templates(channelId) }),
    onError: (error) => toast('error', text(error)),
  })
  if (!allowed) return null
  return (
    <Button variant="secondary" busy={refresh.isPending} onClick={() => refresh.mutate()} className="self-start">
      <RotateCw size={16} aria-hidden />
      {t('template.refresh')}
    </Button>
  )
}
