import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Usage } from '@/api/types'
import { toast } from '@/lib/toast'
import { useFormat } from '@/lib/use-format'
import { useCan } from '@/lib/use-me'
import { Badge } from '@/ui/badge'
import { Card } from '@/ui/card'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { Meter } from '@/ui/meter'
import { SaveBar } from '@/ui/save-bar'
import { CostByPurpose } from './cost-by-purpose'
import { centsOf, reaisOf } from './money'
import { useSaveBudget } from './mutations'
import { projected } from './projection'
import { levelOf } from './usage-meter'

/** What the models cost this month, against the limit that the tenant sets itself. */
export function CostCard({ usage }: { usage: Usage }) {
  const { t } = useTranslation('billing')
  const format = useFormat()
  const mayChange = useCan('usage:write')
  const { used_micro_usd, used_micro_brl, limit_micro_brl } = usage.assistant_cost
  const used = used_micro_brl === null ? format.usd(used_micro_usd) : format.money(used_micro_brl)
  const share = limit_micro_brl && used_micro_brl !== null ? used_micro_brl / limit_micro_brl : 0
  const { level, tone } = levelOf(limit_micro_brl === 0 ? 1 : share)
  const words =
    limit_micro_brl === null ? t('unlimited', { used }) : t('of', { used, limit: format.money(limit_micro_brl) })
  const guess = projected(used_micro_brl ?? used_micro_usd, usage.period_start, usage.period_end)
  const { questions, hits } = usage.answer_cache
  return (
    <Card title={t('cost')} detail={t('costDetail')}>
      <div className="flex flex-col gap-4">
        <div className="flex flex-col gap-2">
          <div className="flex flex-wrap items-center gap-3">
            {limit_micro_brl !== null && level !== 'ok' && <Badge tone={tone}>{t(level)}</Badge>}
            <p className="ml-auto tabular-nums" data-testid="cost">
              {words}
            </p>
          </div>
          {limit_micro_brl !== null && <Meter label={t('cost')} share={share} valueText={words} />}
          {guess !== null && (
            <p className="text-sm text-fg-muted">
              {t('projection', { value: used_micro_brl === null ? format.usd(guess) : format.money(guess) })}
            </p>
          )}
          <p className="text-sm text-fg-muted">
            {questions > 0
              ? t('cache', { share: format.percent(hits / questions), hits: format.number(hits) })
              : t('cacheEmpty')}
          </p>
        </div>
        <CostByPurpose spent={usage.spent} />
        {mayChange && used_micro_brl !== null && <LimitForm key={limit_micro_brl} limit={limit_micro_brl} />}
        {mayChange && used_micro_brl === null && <p className="text-sm text-fg-muted">{t('noRate')}</p>}
      </div>
    </Card>
  )
}

function LimitForm({ limit }: { limit: number | null }) {
  const { t, i18n } = useTranslation(['billing', 'ui'])
  const save = useSaveBudget()
  const kept = limit === null ? '' : reaisOf(limit, i18n.language)
  const [text, setText] = useState(kept)
  const cents = centsOf(text)
  const wrong = cents === undefined
  return (
    <form
      className="flex flex-col gap-4"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (cents !== undefined)
          save.mutate({ monthly_cents: cents }, { onSuccess: () => toast('success', t('ui:saved')) })
      }}
    >
      <Field label={t('limit')} hint={t('limitHint')} error={wrong ? t('limitWrong') : undefined} className="md:w-80">
        {(ids) => (
          <Input
            {...ids}
            value={text}
            inputMode="decimal"
            autoComplete="off"
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
      {save.isError && <ErrorState error={save.error} />}
      <SaveBar dirty={text !== kept} busy={save.isPending} onDiscard={() => setText(kept)} />
    </form>
  )
}
