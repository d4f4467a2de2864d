import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { currentSession, useSession } from '@/api/session'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { logout } from './calls'
import { LoginFields } from './login-fields'

/** Asks for the password over the page that was open, so that nothing on it is lost. */
export default function ExpiredDialog() {
  const { t } = useTranslation('auth')
  const client = useQueryClient()
  const session = useSession()
  const resume = () => {
    // Somebody else logged in: nothing of the page that was open may stay.
    if (currentSession()?.user.id !== session?.user.id) window.location.assign('/')
    else void client.invalidateQueries()
  }
  return (
    <Dialog open strict onClose={() => undefined} title={t('expiredTitle')} description={t('expiredDetail')} size="sm">
      <div className="flex flex-col gap-3 pt-2">
        <LoginFields email={session?.user.email} onDone={resume} />
        <Button variant="ghost" onClick={() => void logout(false)}>
          {t('leave')}
        </Button>
      </div>
    </Dialog>
  )
}
