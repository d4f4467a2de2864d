import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Contact } from '@/api/types'
import { Button } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { ErrorState } from '@/ui/error-state'
import { useContactName } from './contact-words'
import { useEraseContact } from './mutations'

/** For good, with everything that was said. */
export function EraseContact({ contact, onErased }: { contact: Contact; onErased: () => void }) {
  const { t } = useTranslation('contacts')
  const nameOf = useContactName()
  const erase = useEraseContact(contact.id)
  const [asking, setAsking] = useState(false)
  return (
    <div className="border-t pt-4">
      <Button variant="quiet-danger" data-testid="erase" onClick={() => setAsking(true)}>
        <Trash2 size={16} aria-hidden />
        {t('erase.open')}
      </Button>
      <ConfirmDialog
        open={asking}
        danger
        title={t('erase.title', { name: nameOf(contact) })}
        description={t('erase.detail')}
        action={t('erase.confirm')}
        typed={nameOf(contact).trim()}
        busy={erase.isPending}
        error={erase.isError && <ErrorState error={erase.error} className="mt-3" />}
        onClose={() => setAsking(false)}
        onConfirm={() => erase.mutate(undefined, { onSuccess: onErased })}
      />
    </div>
  )
}
