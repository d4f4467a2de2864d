import { useTranslation } from 'react-i18next'
import { Skeleton } from './skeleton'

const ROWS = ['a', 'b', 'c', 'd', 'e', 'f']

/** The waiting form of a page of cards or fields. */
export function Loading({ rows = 3 }: { rows?: number }) {
  const { t } = useTranslation('ui')
  return (
    <div role="status" aria-label={t('loading')} className="flex flex-col gap-4">
      {ROWS.slice(0, rows).map((row) => (
        <Skeleton key={row} className="h-28 w-full rounded-card" />
      ))}
    </div>
  )
}
