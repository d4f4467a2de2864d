import { useTranslation } from 'react-i18next'
import type { Meter as MeterValue } from '@/api/types'
import { useFormat } from '@/lib/use-format'
import { Badge, type Tone } from '@/ui/badge'
import { Meter } from '@/ui/meter'

export type MeterName = 'channels' | 'contacts' | 'documents' | 'messages' | 'assistant_tokens'

interface Props {
  name: MeterName
  meter: MeterValue
  projection: number | null
}

export function levelOf(share: number): { level: 'ok' | 'warn' | 'danger' | 'reached'; tone: Tone } {
  if (share >= 1) return { level: 'reached', tone: 'danger' }
  if (share >= 0.95) return { level: 'danger', tone: 'danger' }
  if (share >= 0.8) return { level: 'warn', tone: 'warn' }
  return { level: 'ok', tone: 'ok' }
}

export function UsageMeter({ name, meter, projection }: Props) {
  const { t } = useTranslation('billing')
  const format = useFormat()
  const used = format.number(meter.used)
  const share = meter.limit ? meter.used / meter.limit : 0
  const { level, tone } = levelOf(share)
  const words = meter.limit === null ? t('unlimited', { used }) : t('of', { used, limit: format.number(meter.limit) })
  return (
    <li className="flex flex-col gap-2 py-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 className="font-semibold">{t(name)}</h3>
        {meter.limit !== null && level !== 'ok' && <Badge tone={tone}>{t(level)}</Badge>}
        <p className="ml-auto tabular-nums">
          {words}
          {meter.limit !== null && <span className="text-fg-muted"> ({format.percent(share)})</span>}
        </p>
      </div>
      {meter.limit !== null && <Meter label={t(name)} share={share} valueText={words} />}
      <p className="text-sm text-fg-muted">
        {t(`hint.${name}`)}
        {projection !== null && ` ${t('projection', { value: format.number(projection) })}`}
      </p>
    </li>
  )
}
