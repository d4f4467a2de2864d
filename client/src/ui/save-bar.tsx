import { useTranslation } from 'react-i18next'
import { Button } from './button'
import { keepFocus } from './keep-focus'

interface Props {
  dirty: boolean
  busy: boolean
  onDiscard: () => void
}

/** Stands at the foot of a form with unsaved changes; its first button submits the form around it. */
export function SaveBar({ dirty, busy, onDiscard }: Props) {
  const { t } = useTranslation('ui')
  if (!dirty) return null
  return (
    <div className="appear sticky bottom-0 z-10 -mx-4 flex flex-wrap items-center justify-end gap-2 border-t bg-surface px-4 py-3 md:-mx-5 md:px-5">
      <p className="mr-auto text-fg-muted">{t('unsaved')}</p>
      <Button variant="ghost" onMouseDown={keepFocus} onClick={onDiscard}>
        {t('discard')}
      </Button>
      <Button type="submit" busy={busy} onMouseDown={keepFocus}>
        {busy ? t('saving') : t('save')}
      </Button>
    </div>
  )
}
