/** Why an answer is so: what it rests on, which tools and models were asked, what it took. For inbox and playground. */
import { useTranslation } from 'react-i18next'
import type { Trace } from '@/api/types'
import { useCost } from '@/lib/use-cost'
import { useFormat } from '@/lib/use-format'
import { Badge } from '@/ui/badge'
import { PassageList } from './passage-list'

const FINE = new Set(['answered', 'tool', 'embedded', 'cached', 'done'])

export function TraceView({ trace }: { trace: Trace }) {
  const { t, i18n } = useTranslation('trace')
  const format = useFormat()
  const cost = useCost()
  const facts = [
    [t('model'), trace.model ?? t('noModel')],
    [t('version'), format.number(trace.assistant_version)],
    [t('prompt'), trace.prompt_version],
    [t('time'), t('ms', { count: trace.milliseconds })],
    [
      t('tokens'),
      t('tokensValue', { input: format.number(trace.input_tokens), output: format.number(trace.output_tokens) }),
    ],
    [t('cost'), cost(trace.cost_micro_usd, trace.cost_micro_brl) ?? t('noCost')],
  ] as const
  const wordOf = (outcome: string) =>
    i18n.exists(`trace:call.${outcome}`) ? t(`call.${outcome as 'answered'}`) : outcome
  return (
    <div className="flex w-full flex-col gap-5" data-testid="trace">
      <p>
        <Badge tone={trace.outcome === 'failed' ? 'danger' : 'ai'}>{t(`outcome.${trace.outcome}`)}</Badge>
      </p>
      <section>
        <h3 className="mb-2 font-semibold">{t('passages')}</h3>
        <PassageList passages={trace.passages} />
      </section>
      {trace.checks.length > 0 && (
        <section>
          <h3 className="mb-2 font-semibold">{t('checks')}</h3>
          <ul className="flex flex-col gap-1.5">
            {trace.checks.map((found) => (
              <li key={`${found.check} ${found.detail}`} className="flex flex-wrap items-center gap-2">
                <span className="break-all">
                  {t(`check.${found.check}`)}
                  {found.check === 'link' && found.detail && `: ${found.detail}`}
                </span>
                <Badge tone="warn">{t(`checked.${found.action}`)}</Badge>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h3 className="mb-2 font-semibold">{t('tools')}</h3>
        {trace.tools.length === 0 && <p className="text-fg-muted">{t('noTools')}</p>}
        <ul className="flex flex-col gap-2 empty:hidden">
          {trace.tools.map((tool, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: calls of tools have no id and never change places
            <li key={index} className="rounded-control bg-surface-2 p-2">
              <p className="flex flex-wrap items-center gap-2">
                <span className="font-mono text-sm font-medium break-all">{tool.name}</span>
                <Badge tone={FINE.has(tool.outcome) ? 'ok' : 'warn'}>{wordOf(tool.outcome)}</Badge>
                <span className="text-sm text-fg-muted tabular-nums">{t('ms', { count: tool.milliseconds })}</span>
              </p>
              <Said label={t('arguments')} text={tool.arguments} />
              <Said label={t('result')} text={tool.result} />
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h3 className="mb-2 font-semibold">{t('calls')}</h3>
        <ol className="flex flex-col gap-1.5">
          {trace.calls.map((call, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: tries have no id and never change places
            <li key={index} className="flex flex-wrap items-center gap-2">
              <span className="font-medium">{call.model}</span>
              <Badge tone={FINE.has(call.outcome) ? 'ok' : 'warn'}>{wordOf(call.outcome)}</Badge>
              <span className="text-sm text-fg-muted tabular-nums">{t('ms', { count: call.milliseconds })}</span>
            </li>
          ))}
        </ol>
      </section>
      <section>
        <h3 className="mb-2 font-semibold">{t('facts')}</h3>
        <dl className="grid grid-cols-1 gap-x-6 gap-y-2 md:grid-cols-2">
          {facts.map(([name, value]) => (
            <div key={name} className="flex justify-between gap-3 border-b pb-1.5">
              <dt className="text-fg-muted">{name}</dt>
              <dd className="text-right break-words tabular-nums">{value}</dd>
            </div>
          ))}
        </dl>
      </section>
    </div>
  )
}

function Said({ label, text }: { label: string; text: string }) {
  if (!text) return null
  return (
    <details className="mt-1 text-sm">
      <summary className="min-h-6 text-fg-muted">{label}</summary>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area has to be reachable by keyboard
        tabIndex={0}
        className="mt-1 max-h-48 overflow-auto font-mono text-xs break-words whitespace-pre-wrap"
      >
        {text}
      </pre>
    </details>
  )
}
