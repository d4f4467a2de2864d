import { lazy, type ReactNode, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Contact } from '@/api/types'
import { Button } from '@/ui/button'
import { useContactChange } from './mutations'

const ConfirmDialog = lazy(async () => ({ default: (await import('@/ui/confirm-dialog')).ConfirmDialog }))

export function BlockContact({ contact, icon }: { contact: Contact; icon: ReactNode }) {
  const { t } = useTranslation('inbox')
  const change = useContactChange(contact.id)
  const [asking, setAsking] = useState(false)
  if (contact.blocked_at)
    return (
      <Button variant="secondary" busy={change.isPending} onClick={() => change.mutate({ blocked: false })}>
        {t('panel.unblock')}
      </Button>
    )
  return (
    <>
      <Button variant="quiet-danger" onClick={() => setAsking(true)}>
        {icon}
        {t('panel.block')}
      </Button>
      {asking && (
        <Suspense>
          <ConfirmDialog
            open
            danger
            title={t('panel.blockTitle', { name: contact.name })}
            description={t('panel.blockDetail')}
            action={t('panel.block')}
            busy={change.isPending}
            onClose={() => setAsking(false)}
            onConfirm={() => change.mutate({ blocked: true }, { onSettled: () => setAsking(false) })}
          />
        </Suspense>
      )}
    </>
  )
}
