import { CircleCheck, PencilLine } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Assistant } from '@/api/types'
import { toast } from '@/lib/toast'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { ErrorState } from '@/ui/error-state'
import { usePublish } from './mutations'

interface Props {
  assistant: Assistant
  unsaved: boolean
  editable: boolean
}

export function PublishBar({ assistant, unsaved, editable }: Props) {
  const { t } = useTranslation('assistant')
  const publish = usePublish(assistant.id)
  const waiting = assistant.dirty || assistant.published_version === null
  return (
    <div className="flex flex-col gap-3">
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
        {editable && (
          <div className="ml-auto flex flex-wrap items-center gap-3">
            {unsaved && (
              <p id="publish-hint" className="text-sm text-fg-muted">
                {t('saveFirst')}
              </p>
            )}
            <Button
              data-testid="assistant-publish"
              disabled={unsaved || !waiting}
              busy={publish.isPending}
              aria-describedby={unsaved ? 'publish-hint' : undefined}
              onClick={() => publish.mutate(undefined, { onSuccess: () => toast('success', t('publishedNow')) })}
            >
              {publish.isPending ? t('publishing') : t('publish')}
            </Button>
          </div>
        )}
      </div>
      {publish.isError && <ErrorState error={publish.error} />}
    </div>
  )
}
