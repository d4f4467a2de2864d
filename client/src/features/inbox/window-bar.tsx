import { FileText, Hourglass } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Conversation } from '@/api/types'
import { cn } from '@/lib/cn'
import { useCan } from '@/lib/use-me'
import { Button } from '@/ui/button'
import { useWindow } from './use-window'

const TemplatePicker = lazy(() => import('./template-picker'))
const HOUR = 3_600_000
const SOON = 4 * HOUR

/** How long the contact may be written to freely, and the way on afterwards. */
export function WindowBar({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation('inbox')
  const allowed = useCan('conversations:write')
  const left = useWindow(conversation)
  const [picking, setPicking] = useState(false)
  if (left === null || conversation.state === 'resolved') return null
  const hours = Math.floor(left / HOUR)
  const minutes = Math.floor((left % HOUR) / 60_000)
  const time = hours ? t('window.hours', { hours, minutes }) : t('window.minutes', { minutes: Math.max(1, minutes) })
  return (
    <div
      data-testid="window-bar"
      data-closed={left === 0}
      className={cn(
        'flex flex-wrap items-center gap-x-3 gap-y-1 rounded-card px-3 py-1.5 text-sm',
        left === 0 ? 'bg-warn-soft text-warn' : left < SOON ? 'text-warn' : 'text-fg-muted',
      )}
    >
      <p className="flex min-w-0 flex-1 items-center gap-1.5" role={left === 0 ? 'status' : undefined}>
        <Hourglass size={14} aria-hidden className="shrink-0" />
        {left === 0 ? t('window.closed') : t('window.open', { time })}
      </p>
      {allowed && (
        <Button
          variant={left === 0 ? 'primary' : 'secondary'}
          size="sm"
          onClick={() => setPicking(true)}
          data-testid="template-open"
        >
          <FileText size={16} aria-hidden />
          {t('window.template')}
        </Button>
      )}
      {picking && (
        <Suspense>
          <TemplatePicker conversation={conversation} onClose={() => setPicking(false)} />
        </Suspense>
      )}
    </div>
  )
}
