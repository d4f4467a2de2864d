import { CircleAlert, CircleCheck, CircleX, Clock, LoaderCircle } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { DocumentState, KnowledgeDocument } from '@/api/types'
import { cn } from '@/lib/cn'
import { Badge, type Tone } from '@/ui/badge'
import { Meter } from '@/ui/meter'

const STAGES: readonly DocumentState[] = ['uploaded', 'reading', 'splitting', 'indexing', 'ready']

const LOOK: Record<DocumentState, { tone: Tone; Icon: typeof Clock }> = {
  uploaded: { tone: 'neutral', Icon: Clock },
  reading: { tone: 'info', Icon: LoaderCircle },
  splitting: { tone: 'info', Icon: LoaderCircle },
  indexing: { tone: 'info', Icon: LoaderCircle },
  ready: { tone: 'ok', Icon: CircleCheck },
  failed: { tone: 'danger', Icon: CircleX },
}

export const isWorked = ({ state }: Pick<KnowledgeDocument, 'state'>): boolean =>
  state !== 'ready' && state !== 'failed'

export function StateBadge({ document }: { document: KnowledgeDocument }) {
  const { t } = useTranslation('knowledge')
  const flawed = document.state === 'ready' && document.error !== null
  const { tone, Icon } = flawed ? { tone: 'warn' as const, Icon: CircleAlert } : LOOK[document.state]
  return (
    <Badge tone={tone} icon={<Icon size={14} aria-hidden />}>
      {flawed ? t('readyFlawed') : t(`state.${document.state}`)}
    </Badge>
  )
}

export function Progress({ document }: { document: KnowledgeDocument }) {
  const { t } = useTranslation('knowledge')
  return (
    <Meter
      progress
      label={t('progress', { title: document.title })}
      share={document.progress / 100}
      valueText={t('progressValue', { state: t(`state.${document.state}`), percent: document.progress })}
    />
  )
}

/** Where it stands on the way from file to answer. */
export function Stages({ document }: { document: KnowledgeDocument }) {
  const { t } = useTranslation('knowledge')
  const at = STAGES.indexOf(document.state)
  return (
    <ol aria-label={t('stages')} className="flex flex-wrap gap-x-1 gap-y-2 text-sm">
      {STAGES.map((stage, index) => (
        <li
          key={stage}
          aria-current={index === at && isWorked(document) ? 'step' : undefined}
          className={cn(
            'flex items-center gap-1 rounded-full px-2 py-0.5',
            index < at || document.state === 'ready' ? 'text-ok' : 'text-fg-muted',
            index === at && isWorked(document) && 'bg-info-soft font-medium text-info',
          )}
        >
          {(index < at || document.state === 'ready') && <CircleCheck size={14} aria-hidden />}
          {t(`state.${stage}`)}
        </li>
      ))}
    </ol>
  )
}
