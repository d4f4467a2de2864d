import { Link } from '@tanstack/react-router'
import { MapPinOff } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { buttonClass } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'

export function NotFoundPage() {
  const { t } = useTranslation('shell')
  return (
    <main className="flex h-full items-center justify-center">
      <title>{`${t('notFound')} · EvoAI Connect`}</title>
      <h1 className="sr-only">{t('notFound')}</h1>
      <EmptyState
        icon={MapPinOff}
        title={t('notFound')}
        detail={t('notFoundDetail')}
        action={
          <Link to="/" className={buttonClass('secondary')}>
            {t('home')}
          </Link>
        }
      />
    </main>
  )
}
