import { BotMessageSquare, UserRound, Wrench } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PlaygroundAnswer as Given } from '@/api/types'
import { useCost } from '@/lib/use-cost'
import { useFormat } from '@/lib/use-format'
import { Badge } from '@/ui/badge'
import { Dialog } from '@/ui/dialog'

const TraceView = lazy(() => import('@/lib/trace/trace-view').then((file) => ({ default: file.TraceView })))

/** What the draft answered, what it used, and what that took. */
export function PlaygroundAnswer({ given }: { given: Given }) {
  const { t } = useTranslation(['assistant', 'trace'])
  const format = useFormat()
  const cost = useCost()
  const [why, setWhy] = useState(false)
  const { bubbles, handoff, tools, trace } = given
  const spent = [
    t('trace:ms', { count: trace.milliseconds }),
    t('tokens', {
      count: trace.input_tokens + trace.output_tokens,
      value: format.number(trace.input_tokens + trace.output_tokens),
    }),
    cost(trace.cost_micro_usd, trace.cost_micro_brl),
  ].filter(Boolean)
  return (
    <div className="flex flex-col items-end gap-1.5" data-testid="playground-answer">
      {bubbles.map((bubble, index) => (
        <p
          // biome-ignore lint/suspicious/noArrayIndexKey: the bubbles of an answer never change
          key={index}
          className="max-w-[85%] rounded-bubble rounded-br-xs border bg-bubble-out px-3 py-2 break-words whitespace-pre-wrap"
        >
          {index === 0 && (
            <span className="mb-0.5 flex items-center gap-1.5 text-sm font-medium text-ai">
              <BotMessageSquare size={14} aria-hidden />
              {t('playground.author')}
            </span>
          )}
          {bubble}
        </p>
      ))}
      <div className="flex flex-wrap justify-end gap-1.5">
        {handoff && (
          <Badge tone="brand" icon={<UserRound size={14} aria-hidden />}>
            {t('playground.handoff')}
          </Badge>
        )}
        {tools.map((tool, index) => (
          <Badge
            // biome-ignore lint/suspicious/noArrayIndexKey: calls of tools have no id and never change places
            key={index}
            tone="ai"
            icon={<Wrench size={14} aria-hidden />}
            className="max-w-full"
          >
            <span className="truncate">
              {tool.simulated ? t('playground.simulated', { name: tool.name }) : tool.name}
            </span>
          </Badge>
        ))}
      </div>
      <p className="flex flex-wrap items-center justify-end gap-x-2 text-xs text-fg-muted tabular-nums">
        <button
          type="button"
          onClick={() => setWhy(true)}
          className="min-h-6 text-ai underline decoration-dotted underline-offset-2"
        >
          {t('trace:title')}
        </button>
        {spent.join(' · ')}
      </p>
      {why && (
        <Dialog open onClose={() => setWhy(false)} title={t('trace:title')} size="lg">
          <Suspense>
            <TraceView trace={trace} />
          </Suspense>
        </Dialog>
      )}
    </div>
  )
}
