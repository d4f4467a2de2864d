import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { RefreshCw, Scale } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { cn } from '@/lib/cn'
import { useFormat } from '@/lib/use-format'
import { useMay } from '@/lib/use-me'
import { useMedia, WIDE } from '@/lib/use-media'
import { Button } from '@/ui/button'
import { Card } from '@/ui/card'
import { EmptyState } from '@/ui/empty-state'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { NoAccess } from '@/ui/no-access'
import { Page } from '@/ui/page'
import { reasonsOf } from './balance'
import { DayCards } from './day-cards'
import { DayTable } from './day-table'
import { Equation } from './equation'
import { ledgerQuery } from './queries'
import { type LedgerSearch, lastDays, type Range, rangeOf } from './range'
import { RangeForm } from './range-form'
import { Reasons } from './reasons'
import { usePlaced } from './use-placed'

interface Props {
  search: LedgerSearch
  onSearch: (range: Range) => void
}

export function LedgerPage({ search, onSearch }: Props) {
  const { t } = useTranslation('ledger')
  const format = useFormat()
  const allowed = useMay('operations:read')
  const wide = useMedia(WIDE)
  const today = format.dayKey(new Date())
  const range = rangeOf(search, today)
  const query = useQuery({ ...ledgerQuery(range), enabled: allowed === true, placeholderData: keepPreviousData })
  const items = usePlaced(query.data?.items)
  const totals = query.data?.totals
  // Events are listed of one day or of all, so that only a single day's sums have a list of their own.
  const place =
    range.from === range.to
      ? { day: range.from, when: format.calendarDay(range.from), channelId: null, channel: t('allChannels') }
      : null

  if (allowed === false)
    return (
      <Page title={t('title')}>
        <NoAccess>{t('noAccess')}</NoAccess>
      </Page>
    )
  return (
    <Page
      wide
      title={t('title')}
      detail={t('detail')}
      actions={
        <Button variant="secondary" onClick={() => void query.refetch()} busy={query.isFetching}>
          <RefreshCw size={16} aria-hidden />
          {t('refresh')}
        </Button>
      }
    >
      <RangeForm range={range} today={today} onChange={onSearch} />
      {query.isPending && <Loading rows={2} />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {totals && !query.isError && (
        <div className={cn('flex flex-col gap-6', query.isPlaceholderData && 'opacity-60')}>
          {totals.received === 0 ? (
            <div className="rounded-card border bg-surface">
              <EmptyState
                icon={Scale}
                title={t('emptyTitle')}
                detail={t('emptyDetail')}
                action={
                  <Button variant="secondary" onClick={() => onSearch(lastDays(30, today))}>
                    {t('lastDays', { count: 30 })}
                  </Button>
                }
              />
            </div>
          ) : (
            <>
              <Equation totals={totals} place={place} />
              {wide ? (
                <Card title={t('byDay')}>
                  <DayTable items={items} />
                </Card>
              ) : (
                <section aria-label={t('byDay')} className="flex flex-col gap-3">
                  <h2 className="text-md font-semibold">{t('byDay')}</h2>
                  <DayCards items={items} />
                </section>
              )}
              {reasonsOf(totals).length > 0 && (
                <Card title={t('reasons')}>
                  <Reasons sums={totals} place={place} />
                </Card>
              )}
            </>
          )}
        </div>
      )}
    </Page>
  )
}
