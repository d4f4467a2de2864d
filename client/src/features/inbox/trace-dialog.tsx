import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Message, Trace } from '@/api/types'
import { useFormat } from '@/lib/use-format'
import { Badge } from '@/ui/badge'
import { Dialog } from '@/ui/dialog'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { traceQuery } from './queries'

export default function TraceDialog({ message, onClose }: { message: Message; onClose: () => void }) {
  const { t } = useTranslation('inbox')
  const query = useQuery(traceQuery(message.id))
  return (
    <Dialog open onClose={onClose} title={t('trace.title')} size="md">
      {query.isPending && <Loading rows={2} />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && <TraceBody trace={query.data} />}
    </Dialog>
  )
}

const KNOWN = ['answered', 'cached', 'tool', 'embedded', 'broken-off'] as const

function isKnown(outcome: string): outcome is (typeof KNOWN)[number] {
  return (KNOWN as readonly string[]).includes(outcome)
}

function TraceBody({ trace }: { trace: Trace }) {
  const { t } = useTranslation('inbox')
  const format = useFormat()
  const usd = trace.cost_micro_usd === null ? t('trace.noCost') : format.usd(trace.cost_micro_usd)
  const cost = trace.cost_micro_brl === null ? usd : `${format.brl(trace.cost_micro_brl)} (${usd})`
  const facts = [
    [t('trace.model'), trace.model ?? t('trace.noModel')],
    [t('trace.version'), format.number(trace.assistant_version)],
    [t('trace.prompt'), trace.prompt_version],
    [t('trace.time'), t('trace.ms', { count: trace.milliseconds })],
    [
      t('trace.tokens'),
      t('trace.tokensValue', { input: format.number(trace.input_tokens), output: format.number(trace.output_tokens) }),
    ],
    [t('trace.cost'), cost],
  ] as const
  const outcomeOf = (outcome: string) => (isKnown(outcome) ? t(`trace.${outcome}`) : outcome)
  return (
    <div className="flex flex-col gap-5">
      <p>
        <Badge tone={trace.outcome === 'failed' ? 'danger' : 'ai'}>{t(`trace.outcome.${trace.outcome}`)}</Badge>
      </p>
      <dl className="grid grid-cols-1 gap-x-6 gap-y-2 md:grid-cols-2">
        {facts.map(([name, value]) => (
          <div key={name} className="flex justify-between gap-3 border-b pb-1.5">
            <dt className="text-fg-muted">{name}</dt>
            <dd className="text-right break-all tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
      <section>
        <h3 className="mb-2 font-semibold">{t('trace.calls')}</h3>
        <ol className="flex flex-col gap-1.5">
          {trace.calls.map((call, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: tries have no id and never change places
            <li key={index} className="flex flex-wrap items-center gap-2">
              <span className="font-medium">{call.model}</span>
              <Badge tone={isKnown(call.outcome) && call.outcome !== 'broken-off' ? 'ok' : 'warn'}>
                {outcomeOf(call.outcome)}
              </Badge>
              <span className="text-sm text-fg-muted tabular-nums">{t('trace.ms', { count: call.milliseconds })}</span>
            </li>
          ))}
        </ol>
      </section>
      <section>
        <h3 className="mb-2 font-semibold">{t('trace.sources')}</h3>
        {trace.passages.length === 0 && <p className="text-fg-muted">{t('trace.noSources')}</p>}
        <ul className="flex flex-col gap-1.5">
          {trace.passages.map((passage) => (
            <li key={passage.mark} className="flex flex-wrap items-center gap-2">
              <span className="font-medium break-words">{passage.title}</span>
              {passage.page !== null && (
                <span className="text-fg-muted">{t('trace.page', { page: format.number(passage.page) })}</span>
              )}
              {passage.cited && <Badge tone="ok">{t('trace.cited')}</Badge>}
              <span className="text-sm text-fg-muted tabular-nums">
                {t('trace.score', { score: format.percent(passage.score) })}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h3 className="mb-2 font-semibold">{t('trace.tools')}</h3>
        {trace.tools.length === 0 && <p className="text-fg-muted">{t('trace.noTools')}</p>}
        {trace.tools.map((tool, index) => (
          <pre
            // biome-ignore lint/suspicious/noArrayIndexKey: calls of tools have no id and never change places
            key={index}
            className="mb-2 overflow-x-auto rounded-control bg-surface-2 p-2 text-xs"
          >
            {JSON.stringify(tool, null, 2)}
          </pre>
        ))}
      </section>
    </div>
  )
}
