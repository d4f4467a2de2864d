import { MessagesSquare } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { EmptyState } from '@/ui/empty-state'

export function NothingOpen() {
  const { t } = useTranslation('inbox')
  return (
    <div className="flex h-full items-center justify-center">
      <title>{`${t('title')} · EvoAI Connect`}</title>
      <EmptyState icon={MessagesSquare} title={t('pick')} detail={t('pickDetail')} />
    </div>
  )
}
