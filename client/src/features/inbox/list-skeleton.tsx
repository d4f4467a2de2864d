import { useTranslation } from 'react-i18next'
import { Skeleton } from '@/ui/skeleton'

const ROWS = ['a', 'b', 'c', 'd', 'e', 'f', 'g']

export function ListSkeleton() {
  const { t } = useTranslation('ui')
  return (
    <div role="status" aria-label={t('loading')}>
      {ROWS.map((row) => (
        <div key={row} className="flex h-18 items-center gap-3 px-4">
          <Skeleton className="size-10 rounded-full" />
          <div className="flex flex-1 flex-col gap-2">
            <Skeleton className="h-4 w-2/5" />
            <Skeleton className="h-3.5 w-4/5" />
          </div>
        </div>
      ))}
    </div>
  )
}
