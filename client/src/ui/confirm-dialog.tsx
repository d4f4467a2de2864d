import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from './button'
import { Dialog } from './dialog'
import { Field } from './field'
import { Input } from './input'

interface Props {
  open: boolean
  title: string
  description: ReactNode
  action: string
  busy?: boolean
  error?: ReactNode
  danger?: boolean
  /** What has to be typed before the action is possible. */
  typed?: string
  onConfirm: () => void
  onClose: () => void
}

export function ConfirmDialog(props: Props) {
  const { open, title, description, action, busy, error, danger, typed, onConfirm, onClose } = props
  const { t } = useTranslation('ui')
  const [text, setText] = useState('')
  const ready = !typed || text.trim() === typed
  return (
    <Dialog open={open} onClose={onClose} title={title} description={description} size="sm">
      {typed && (
        <Field label={t('typeToConfirm', { text: typed })} className="mt-2">
          {(ids) => <Input {...ids} value={text} autoComplete="off" onChange={(e) => setText(e.target.value)} />}
        </Field>
      )}
      {error}
      <div className="mt-4 flex flex-wrap justify-end gap-2">
        <Button variant="secondary" onClick={onClose}>
          {t('cancel')}
        </Button>
        <Button variant={danger ? 'danger' : 'primary'} disabled={!ready} busy={busy} onClick={onConfirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  )
}
