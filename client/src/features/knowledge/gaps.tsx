import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { PartyPopper } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Gap } from '@/api/types'
import { useFormat } from '@/lib/use-format'
import { Button } from '@/ui/button'
import { Chip } from '@/ui/chip'
import { EmptyState } from '@/ui/empty-state'
import { PagedList } from '@/ui/paged-list'
import { useDismissGap } from './mutations'
import { gapsQuery } from './queries'
import { GAP_STATES } from './search'

const GapDialog = lazy(() => import('./document-dialog').then((file) => ({ default: file.GapDialog })))

/** What contacts asked and no document answers, the most asked first. */
export function Gaps({ editable }: { editable: boolean }) {
  const { t } = useTranslation('knowledge')
  const [state, setState] = useState<Gap['state']>('open')
  const [answering, setAnswering] = useState<Gap | null>(null)
  const query = useInfiniteQuery(gapsQuery(state))
  const empty = (
    <EmptyState
      icon={PartyPopper}
      title={t(`gap.empty.${state}`)}
      {...(state === 'open' ? { detail: t('gap.emptyDetail') } : {})}
    />
  )
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-48 flex-1 text-fg-muted">{t('gap.detail')}</p>
        <fieldset className="flex flex-wrap gap-1">
          <legend className="sr-only">{t('gap.show')}</legend>
          {GAP_STATES.map((each) => (
            <Chip key={each} pressed={state === each} onClick={() => setState(each)}>
              {t(`gap.state.${each}`)}
            </Chip>
          ))}
        </fieldset>
      </div>
      <PagedList query={query} label={t('part.gaps')} empty={empty}>
        {(gap) => <GapRow key={gap.id} gap={gap} editable={editable} onAnswer={() => setAnswering(gap)} />}
      </PagedList>
      <Suspense>{answering && <GapDialog gap={answering} onClose={() => setAnswering(null)} />}</Suspense>
    </>
  )
}

interface RowProps {
  gap: Gap
  editable: boolean
  onAnswer: () => void
}

function GapRow({ gap, editable, onAnswer }: RowProps) {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  const dismiss = useDismissGap()
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3" data-testid="gap">
      <div className="min-w-48 flex-1">
        <p className="font-medium break-words">{gap.question}</p>
        <p className="text-sm text-fg-muted tabular-nums">
          {t('gap.count', { count: gap.count })} · {t('gap.last', { when: format.brief(gap.last_asked_at) })}
        </p>
      </div>
      {gap.document_id && (
        <Link to="/knowledge" search={{ document: gap.document_id }} className="text-brand underline">
          {t('gap.seeAnswer')}
        </Link>
      )}
      {editable && gap.state !== 'answered' && (
        <div className="flex gap-2">
          {gap.state === 'open' && (
            <Button variant="ghost" size="sm" busy={dismiss.isPending} onClick={() => dismiss.mutate(gap.id)}>
              {t('gap.dismiss')}
            </Button>
          )}
          <Button size="sm" data-testid="gap-answer" onClick={onAnswer}>
            {t('gap.answer')}
          </Button>
        </div>
      )}
    </li>
  )
}
