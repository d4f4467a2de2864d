import { useTranslation } from 'react-i18next'
import { CLASSES } from '@/lib/event-words'
import { useFormat } from '@/lib/use-format'
import { amountOf, differenceOf, reasonsOf } from './balance'
import { Cell } from './cell'
import { Closes } from './closes'
import { Reasons } from './reasons'
import type { PlacedItem } from './use-placed'

/** The same rows where a table has no room. Accounts with nothing in them are left out. */
export function DayCards({ items }: { items: PlacedItem[] }) {
  const { t } = useTranslation('ledger')
  const format = useFormat()
  return (
    <ul className="flex flex-col gap-3">
      {items.map(({ item, place }) => (
        <li key={item.day + item.channel_id} className="rounded-card border bg-surface p-4">
          <div className="flex items-start justify-between gap-3">
            <div className="min-w-0">
              <h3 className="font-semibold">{place.when}</h3>
              <p className="truncate text-sm text-fg-muted">{place.channel}</p>
            </div>
            <Closes difference={differenceOf(item)} />
          </div>
          <dl className="mt-3 tabular-nums">
            <div className="flex items-center justify-between gap-3 border-b py-2 font-semibold">
              <dt>{t('received')}</dt>
              <dd>{format.number(item.received)}</dd>
            </div>
            {CLASSES.filter((each) => amountOf(item, each) > 0).map((each) => (
              <div key={each} className="flex items-center justify-between gap-3 border-b last:border-0">
                <dt>{t(`class.${each}`)}</dt>
                <dd>
                  <Cell count={amountOf(item, each)} of={each} place={place} />
                </dd>
              </div>
            ))}
          </dl>
          {reasonsOf(item).length > 0 && (
            <details className="mt-1">
              <summary className="py-3 text-sm font-medium text-fg-muted">{t('reasons')}</summary>
              <Reasons sums={item} place={place} />
            </details>
          )}
        </li>
      ))}
    </ul>
  )
}
