import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { phone } from '@/lib/format'
import { Dialog } from '@/ui/dialog'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { contactQuery } from './queries'
import { StartContact } from './start-contact'
import { StartForm } from './start-form'

interface Props {
  /** Null: it is chosen here. */
  contactId: string | null
  onClose: () => void
}

/** Writing first: to whom, by which channel, and what. */
export default function StartDialog({ contactId, onClose }: Props) {
  const { t } = useTranslation('inbox')
  const navigate = useNavigate()
  const [chosen, setChosen] = useState(contactId)
  const query = useQuery({ ...contactQuery(chosen ?? ''), enabled: chosen !== null })
  const contact = chosen === null ? undefined : query.data
  const open = (conversationId: string) =>
    void navigate({
      to: '/inbox/$conversationId',
      params: { conversationId },
      search: (before) => ({ ...before, write: undefined }),
    })
  return (
    <Dialog
      open
      onClose={onClose}
      title={contact ? t('writeFirst.to', { name: contact.name || phone(contact.phone) }) : t('writeFirst.open')}
    >
      {chosen === null ? (
        <StartContact onChoose={setChosen} />
      ) : contact ? (
        <StartForm contact={contact} onBack={contactId === null ? () => setChosen(null) : undefined} onStarted={open} />
      ) : query.isError ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Loading rows={2} />
      )}
    </Dialog>
  )
}
