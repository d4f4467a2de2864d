import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { cn } from '@/lib/cn'
import { IconButton } from './icon-button'
import { useReturnFocus } from './use-return-focus'

interface Props {
  open: boolean
  onClose: () => void
  title: string
  description?: ReactNode
  size?: 'sm' | 'md' | 'lg'
  /** The way out has to be an answer: no cross, no click outside. */
  strict?: boolean
  children: ReactNode
}

const WIDTH = { sm: 'md:max-w-sm', md: 'md:max-w-lg', lg: 'md:max-w-3xl' }

export function Dialog({ open, onClose, title, description, size = 'md', strict, children }: Props) {
  const focus = useReturnFocus()
  const { t } = useTranslation('ui')
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && !strict && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="appear fixed inset-0 z-50 bg-scrim" />
        <Radix.Content
          {...focus}
          {...(description ? {} : { 'aria-describedby': undefined })}
          onInteractOutside={(event) => strict && event.preventDefault()}
          className={cn(
            'appear fixed inset-x-0 bottom-0 z-50 flex max-h-[92dvh] flex-col rounded-t-card bg-surface shadow-xl',
            'md:inset-x-auto md:top-1/2 md:bottom-auto md:left-1/2 md:w-full md:-translate-1/2 md:rounded-card',
            WIDTH[size],
          )}
        >
          <header className="flex items-start gap-2 px-5 pt-4 pb-2">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {description && <Radix.Description className="mt-1 text-fg-muted">{description}</Radix.Description>}
            </div>
            {!strict && (
              <Radix.Close asChild>
                <IconButton label={t('close')} className="-mt-1 -mr-2">
                  <X size={18} aria-hidden />
                </IconButton>
              </Radix.Close>
            )}
          </header>
          <div className="min-h-0 overflow-y-auto px-5 pb-5">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
