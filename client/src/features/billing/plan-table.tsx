import { useTranslation } from 'react-i18next'
import type { Plan } from '@/api/types'
import { useFormat } from '@/lib/use-format'
import { Badge } from '@/ui/badge'

export function PlanTable({ plans, current }: { plans: Plan[]; current: string | undefined }) {
  const { t } = useTranslation('billing')
  const format = useFormat()
  const limit = (value: number | null) => (value === null ? t('unlimitedShort') : format.number(value))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area has to be reachable by keyboard
    <section aria-label={t('plans')} tabIndex={0} className="-mx-1 overflow-x-auto px-1">
      <table className="w-full min-w-lg text-left tabular-nums">
        <thead className="text-sm text-fg-muted">
          <tr className="border-b">
            <th scope="col" className="h-11 pr-4 font-medium">
              {t('planColumn')}
            </th>
            {(['channels', 'contacts', 'messagesMonth', 'documents'] as const).map((column) => (
              <th key={column} scope="col" className="pr-4 text-right font-medium">
                {t(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {plans.map((plan) => (
            <tr key={plan.code} className="border-b last:border-0">
              <th scope="row" className="h-11 pr-4 font-medium">
                {plan.name} {plan.code === current && <Badge tone="brand">{t('yours')}</Badge>}
              </th>
              <td className="pr-4 text-right">{limit(plan.channels)}</td>
              <td className="pr-4 text-right">{limit(plan.contacts)}</td>
              <td className="pr-4 text-right">{limit(plan.messages_per_month)}</td>
              <td className="pr-4 text-right">{limit(plan.documents)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
