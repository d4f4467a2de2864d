import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/ui/button'
import { Card } from '@/ui/card'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { ErrorState } from '@/ui/error-state'

export function SessionsCard({ onLogoutAll }: { onLogoutAll: () => Promise<void> }) {
  const { t } = useTranslation('settings')
  const [asking, setAsking] = useState(false)
  const leave = useMutation({ mutationFn: onLogoutAll })
  return (
    <Card title={t('sessions')} detail={t('sessionsDetail')}>
      <Button variant="secondary" data-testid="logout-all" onClick={() => setAsking(true)}>
        {t('logoutAll')}
      </Button>
      <ConfirmDialog
        open={asking}
        danger
        title={t('logoutAllTitle')}
        description={t('logoutAllDetail')}
        action={t('logoutAll')}
        busy={leave.isPending}
        error={leave.isError && <ErrorState error={leave.error} className="mt-3" />}
        onClose={() => setAsking(false)}
        onConfirm={() => leave.mutate()}
      />
    </Card>
  )
}
