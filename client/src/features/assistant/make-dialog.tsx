import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Assistant } from '@/api/types'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { Switch } from '@/ui/switch'
import { useMakeAssistant } from './mutations'

interface Props {
  /** Whose draft the new one may begin with. */
  like?: Assistant
  onMade: (assistant: Assistant) => void
  onClose: () => void
}

export default function MakeDialog({ like, onMade, onClose }: Props) {
  const { t } = useTranslation('assistant')
  const make = useMakeAssistant()
  const [name, setName] = useState('')
  const [copies, setCopies] = useState(like !== undefined)
  return (
    <Dialog open onClose={onClose} title={t('make.action')} description={t('make.detail')} size="sm">
      <form
        className="flex flex-col gap-4 pt-2"
        onSubmit={(event) => {
          event.preventDefault()
          if (!name.trim()) return
          make.mutate(
            { name: name.trim(), copy_of: copies && like ? like.id : null },
            {
              onSuccess: (made) => {
                onMade(made)
                onClose()
              },
            },
          )
        }}
      >
        {make.isError && <ErrorState error={make.error} />}
        <Field label={t('name')}>
          {(ids) => <Input {...ids} maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        {like && <Switch label={t('make.copy', { name: like.name })} checked={copies} onChange={setCopies} />}
        <div className="flex justify-end">
          <Button type="submit" disabled={!name.trim()} busy={make.isPending}>
            {t('make.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
