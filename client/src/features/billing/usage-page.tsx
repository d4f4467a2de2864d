import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { usageQuery } from '@/api/queries'
import { useFormat } from '@/lib/use-format'
import { Card } from '@/ui/card'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { Page } from '@/ui/page'
import { CostCard } from './cost-card'
import { PlanTable } from './plan-table'
import { projected } from './projection'
import { plansQuery } from './queries'
import { type MeterName, UsageMeter } from './usage-meter'

const METERS: readonly MeterName[] = ['channels', 'contacts', 'documents', 'messages', 'assistant_tokens']
/** Only what starts again each period can be projected. */
const PER_PERIOD = new Set<MeterName>(['messages', 'assistant_tokens'])

export function UsagePage() {
  const { t } = useTranslation('billing')
  const format = useFormat()
  const query = useQuery(usageQuery())
  const plans = useQuery(plansQuery()).data
  const usage = query.data
  const planName = plans?.find((plan) => plan.code === usage?.plan)?.name ?? usage?.plan ?? ''
  return (
    <Page
      title={t('title')}
      detail={usage && t('detail', { from: format.day(usage.period_start), to: format.day(usage.period_end) })}
    >
      {query.isPending && <Loading rows={2} />}
      {query.isError && !usage && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {usage && (
        <Card title={t('plan', { name: planName })} detail={t('planDetail')}>
          <ul className="-my-4 divide-y">
            {METERS.map((name) => (
              <UsageMeter
                key={name}
                name={name}
                meter={usage[name]}
                projection={
                  PER_PERIOD.has(name) ? projected(usage[name].used, usage.period_start, usage.period_end) : null
                }
              />
            ))}
          </ul>
        </Card>
      )}
      {usage && <CostCard usage={usage} />}
      {plans && plans.length > 0 && (
        <Card title={t('plans')}>
          <PlanTable plans={plans} current={usage?.plan} />
        </Card>
      )}
    </Page>
  )
}
