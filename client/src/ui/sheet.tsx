import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from './icon-button'
import { useReturnFocus } from './use-return-focus'

interface Props {
  title: ReactNode
  onClose: () => void
  children: ReactNode
}

/** One thing beside the list it comes from; on phones the whole screen. */
export function Sheet({ title, onClose, children }: Props) {
  const focus = useReturnFocus()
  const { t } = useTranslation('ui')
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="appear fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          {...focus}
          aria-describedby={undefined}
          className="appear fixed inset-y-0 right-0 z-50 flex w-full flex-col border-l bg-surface shadow-xl md:w-120"
        >
          <header className="flex items-start gap-2 border-b px-5 py-3">
            <Radix.Title className="min-w-0 flex-1 pt-1.5 text-lg font-semibold break-words">{title}</Radix.Title>
            <Radix.Close asChild>
              <IconButton label={t('close')} className="-mr-2">
                <X size={18} aria-hidden />
              </IconButton>
            </Radix.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
