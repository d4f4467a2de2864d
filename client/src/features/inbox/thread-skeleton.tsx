import { useTranslation } from 'react-i18next'
import { Skeleton } from '@/ui/skeleton'

export function ThreadSkeleton() {
  const { t } = useTranslation('ui')
  return (
    <div role="status" aria-label={t('loading')} className="flex flex-1 flex-col justify-end gap-3 p-4">
      <Skeleton className="h-14 w-3/5 rounded-bubble" />
      <Skeleton className="h-20 w-3/5 self-end rounded-bubble" />
      <Skeleton className="h-12 w-2/5 rounded-bubble" />
      <Skeleton className="h-14 w-1/2 self-end rounded-bubble" />
    </div>
  )
}
