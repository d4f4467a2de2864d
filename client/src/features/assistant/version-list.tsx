import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Assistant, AssistantVersion } from '@/api/types'
import { toast } from '@/lib/toast'
import { useFormat } from '@/lib/use-format'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Card } from '@/ui/card'
import { Dialog } from '@/ui/dialog'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { More } from '@/ui/more'
import { ChangeList } from './change-list'
import { useRestore } from './mutations'
import { diffQuery, versionsQuery } from './queries'

interface Props {
  assistant: Assistant
  editable: boolean
  unsaved: boolean
}

export function VersionList({ assistant, editable, unsaved }: Props) {
  const { t } = useTranslation('assistant')
  const query = useInfiniteQuery(versionsQuery(assistant.id))
  const versions = query.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Card title={t('versions')} detail={t('versionsDetail')}>
      {query.isPending && <Loading rows={1} />}
      {query.isError && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && versions.length === 0 && <p className="text-fg-muted">{t('versionsEmpty')}</p>}
      <ol className="divide-y empty:hidden">
        {versions.map((version) => (
          <VersionRow
            key={version.number}
            version={version}
            assistant={assistant}
            editable={editable}
            unsaved={unsaved}
          />
        ))}
      </ol>
      {query.hasNextPage && <More query={query} />}
    </Card>
  )
}

function VersionRow({ version, assistant, editable, unsaved }: Props & { version: AssistantVersion }) {
  const { t } = useTranslation('assistant')
  const format = useFormat()
  const [restoring, setRestoring] = useState(false)
  const [open, setOpen] = useState(false)
  const { number, note, restored_from, override_reason } = version
  const current = number === assistant.published_version
  const when = format.dateTime(version.published_at)
  return (
    <li className="py-3 first:pt-0 last:pb-0" data-testid="version" data-number={number}>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="font-medium">{t('version', { number })}</span>
        {current && <Badge tone="ok">{t('current')}</Badge>}
        {restored_from !== null && <Badge>{t('restoredFrom', { number: restored_from })}</Badge>}
        {override_reason && <Badge tone="warn">{t('overridden')}</Badge>}
        <span className="text-sm text-fg-muted">
          {version.published_by ? t('versionBy', { when, name: version.published_by }) : when}
        </span>
        {editable && (
          <Button
            variant="ghost"
            size="sm"
            className="ml-auto"
            aria-label={t('restoreOf', { number })}
            onClick={() => setRestoring(true)}
          >
            <RotateCcw size={16} aria-hidden />
            {t('restore')}
          </Button>
        )}
      </div>
      {note && <p className="mt-1 break-words">{note}</p>}
      {override_reason && <p className="mt-1 break-words text-fg-muted">{override_reason}</p>}
      <details className="mt-1" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="min-h-6 text-sm text-fg-muted">{t('compare')}</summary>
        <div className="mt-2">{open && <Difference assistantId={assistant.id} number={number} />}</div>
      </details>
      {restoring && (
        <RestoreDialog assistant={assistant} number={number} unsaved={unsaved} onClose={() => setRestoring(false)} />
      )}
    </li>
  )
}

function Difference({ assistantId, number }: { assistantId: string; number: number }) {
  const query = useQuery(diffQuery(assistantId, number))
  if (query.isPending) return <Loading rows={1} />
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />
  return <ChangeList changes={query.data.changes} />
}

interface RestoreProps {
  assistant: Assistant
  number: number
  unsaved: boolean
  onClose: () => void
}

function RestoreDialog({ assistant, number, unsaved, onClose }: RestoreProps) {
  const { t } = useTranslation('assistant')
  const restore = useRestore(assistant.id)
  const go = (publish: boolean) =>
    restore.mutate(
      { version: number, publish },
      {
        onSuccess: () => {
          toast('success', publish ? t('restoring.published') : t('restoring.drafted'))
          onClose()
        },
      },
    )
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('restoring.title', { number })}
      description={unsaved ? t('restoring.unsaved') : t('restoring.detail')}
      size="sm"
    >
      {restore.isError && <ErrorState error={restore.error} />}
      <div className="mt-2 flex flex-col gap-2">
        <Button data-testid="restore-publish" busy={restore.isPending} onClick={() => go(true)}>
          {t('restoring.publish')}
        </Button>
        <Button variant="secondary" busy={restore.isPending} disabled={unsaved} onClick={() => go(false)}>
          {t('restoring.draft')}
        </Button>
      </div>
    </Dialog>
  )
}
