import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { AuthCard } from './auth-card'
import { LoginFields } from './login-fields'

export function LoginForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation('auth')
  return (
    <AuthCard
      title={t('loginTitle')}
      detail={t('loginDetail')}
      footer={
        <>
          {t('noSession')}{' '}
          <Link to="/signup" className="font-medium text-brand underline">
            {t('signup')}
          </Link>
        </>
      }
    >
      <LoginFields onDone={onDone} />
    </AuthCard>
  )
}
