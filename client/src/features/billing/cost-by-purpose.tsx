import { useTranslation } from 'react-i18next'
import type { Usage } from '@/api/types'
import { useFormat } from '@/lib/use-format'

/** What the month's cost was for, as far as anything was spent on it. */
export function CostByPurpose({ spent }: { spent: Usage['spent'] }) {
  const { t } = useTranslation('billing')
  const format = useFormat()
  const rows = spent.filter((row) => row.tokens > 0)
  if (rows.length === 0) return null
  return (
    <section className="flex flex-col gap-2" aria-labelledby="spent">
      <h3 id="spent" className="text-sm font-medium">
        {t('spent')}
      </h3>
      <ul className="flex flex-col gap-1 text-sm">
        {rows.map((row) => (
          <li key={row.purpose} className="flex flex-wrap items-baseline gap-x-3" data-purpose={row.purpose}>
            <span>{t(`purpose.${row.purpose}`)}</span>
            <span className="text-fg-muted tabular-nums">{t('tokens', { value: format.number(row.tokens) })}</span>
            <span className="ml-auto tabular-nums">
              {row.micro_brl === null ? format.usd(row.micro_usd) : format.money(row.micro_brl)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
