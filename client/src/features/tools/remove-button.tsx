import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/ui/button'

const ConfirmDialog = lazy(async () => ({ default: (await import('@/ui/confirm-dialog')).ConfirmDialog }))

interface Props {
  name: string
  busy: boolean
  onRemove: () => void
}

export function RemoveButton({ name, busy, onRemove }: Props) {
  const { t } = useTranslation('tools')
  const [asking, setAsking] = useState(false)
  return (
    <>
      <Button variant="quiet-danger" onClick={() => setAsking(true)} aria-label={t('removeNamed', { name })}>
        {t('remove')}
      </Button>
      {asking && (
        <Suspense>
          <ConfirmDialog
            open
            danger
            title={t('removeTitle', { name })}
            description={t('removeDetail')}
            action={t('remove')}
            busy={busy}
            onClose={() => setAsking(false)}
            onConfirm={() => {
              onRemove()
              setAsking(false)
            }}
          />
        </Suspense>
      )}
    </>
  )
}
