import { Archive, CircleCheck, EyeOff, PencilLine } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Assistant } from '@/api/types'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { ErrorState } from '@/ui/error-state'
import { useArchiveAssistant } from './mutations'

const PublishDialog = lazy(() => import('./publish-dialog'))

interface Props {
  assistant: Assistant
  unsaved: boolean
  editable: boolean
}

export function PublishBar({ assistant, unsaved, editable }: Props) {
  const { t } = useTranslation('assistant')
  const archive = useArchiveAssistant()
  const [asking, setAsking] = useState<'publish' | 'archive' | null>(null)
  const waiting = assistant.dirty || assistant.published_version === null
  return (
    <div className="flex flex-wrap items-center gap-3 rounded-card border bg-surface p-3 pl-4">
      <p className="font-medium">
        {assistant.published_version === null
          ? t('notPublished')
          : t('published', { number: assistant.published_version })}
      </p>
      {waiting ? (
        <Badge tone="warn" icon={<PencilLine size={14} aria-hidden />}>
          {t('draftDiffers')}
        </Badge>
      ) : (
        <Badge tone="ok" icon={<CircleCheck size={14} aria-hidden />}>
          {t('upToDate')}
        </Badge>
      )}
      {assistant.shadow && (
        <Badge tone="info" icon={<EyeOff size={14} aria-hidden />}>
          {t('shadowOn')}
        </Badge>
      )}
      {editable && (
        <div className="ml-auto flex flex-wrap items-center gap-3">
          {unsaved && (
            <p id="publish-hint" className="text-sm text-fg-muted">
              {t('saveFirst')}
            </p>
          )}
          {!assistant.answers && (
            <Button variant="quiet-danger" onClick={() => setAsking('archive')}>
              <Archive size={16} aria-hidden />
              {t('archive.action')}
            </Button>
          )}
          <Button
            data-testid="assistant-publish"
            disabled={unsaved || !waiting}
            aria-describedby={unsaved ? 'publish-hint' : undefined}
            onClick={() => setAsking('publish')}
          >
            {t('publish')}
          </Button>
        </div>
      )}
      {asking === 'publish' && (
        <Suspense>
          <PublishDialog assistant={assistant} onClose={() => setAsking(null)} />
        </Suspense>
      )}
      <ConfirmDialog
        open={asking === 'archive'}
        danger
        title={t('archive.title', { name: assistant.name })}
        description={t('archive.detail')}
        action={t('archive.action')}
        busy={archive.isPending}
        error={archive.isError && <ErrorState error={archive.error} />}
        onClose={() => setAsking(null)}
        onConfirm={() => archive.mutate(assistant.id, { onSuccess: () => setAsking(null) })}
      />
    </div>
  )
}
