import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Textarea } from '@/ui/textarea'

interface Props {
  text: string
  onClose: () => void
  onSave: (text: string) => void
}

export default function EditDialog({ text: before, onClose, onSave }: Props) {
  const { t } = useTranslation('inbox')
  const [text, setText] = useState(before)
  const trimmed = text.trim()
  const ready = trimmed !== '' && trimmed !== before && trimmed.length <= 4096
  return (
    <Dialog open onClose={onClose} title={t('action.editTitle')} description={t('action.editDetail')}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) onSave(trimmed)
        }}
      >
        <Textarea
          rows={4}
          value={text}
          aria-label={t('action.editLabel')}
          data-testid="edit-text"
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" disabled={!ready} className="self-end">
          {t('action.save')}
        </Button>
      </form>
    </Dialog>
  )
}
