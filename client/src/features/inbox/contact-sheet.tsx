import { Dialog as Radix } from 'radix-ui'
import { useTranslation } from 'react-i18next'
import type { Conversation } from '@/api/types'
import { useReturnFocus } from '@/ui/use-return-focus'
import { ContactPanel } from './contact-panel'

/** The contact's page over the thread: a sheet on tablets, the whole screen on phones. */
export default function ContactSheet({ conversation, onClose }: { conversation: Conversation; onClose: () => void }) {
  const focus = useReturnFocus()
  const { t } = useTranslation('inbox')
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="appear fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          {...focus}
          aria-describedby={undefined}
          className="appear fixed inset-y-0 right-0 z-50 w-full border-l bg-surface md:w-80"
        >
          <Radix.Title className="sr-only">{t('panel.title')}</Radix.Title>
          <ContactPanel conversation={conversation} onClose={onClose} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
