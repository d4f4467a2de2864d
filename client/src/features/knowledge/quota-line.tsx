import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { usageQuery } from '@/api/queries'
import { useFormat } from '@/lib/use-format'
import { Meter } from '@/ui/meter'

/** How much of the plan's documents is used; nothing where there is no limit. */
export function QuotaLine() {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  const meter = useQuery(usageQuery()).data?.documents
  if (!meter || meter.limit === null) return null
  const words = t('quota', { used: format.number(meter.used), limit: format.number(meter.limit) })
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
      <p className="tabular-nums">{words}</p>
      <div className="min-w-32 flex-1">
        <Meter label={t('quotaLabel')} share={meter.used / meter.limit} valueText={words} />
      </div>
      {meter.used >= meter.limit * 0.8 && (
        <Link to="/usage" className="text-brand underline">
          {t('seePlan')}
        </Link>
      )}
    </div>
  )
}
