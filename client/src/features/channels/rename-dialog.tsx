import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Channel } from '@/api/types'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { useChangeChannel } from './mutations'

export function RenameDialog({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const { t } = useTranslation(['channels', 'ui'])
  const change = useChangeChannel(channel.id)
  const [name, setName] = useState(channel.name)
  return (
    <Dialog open onClose={onClose} title={t('rename')} size="sm">
      <form
        className="flex flex-col gap-4 pt-2"
        onSubmit={(event) => {
          event.preventDefault()
          if (name.trim()) change.mutate({ name: name.trim() }, { onSuccess: onClose })
        }}
      >
        <Field label={t('form.name')}>
          {(ids) => <Input {...ids} value={name} maxLength={80} required onChange={(e) => setName(e.target.value)} />}
        </Field>
        <Button type="submit" busy={change.isPending} className="self-end">
          {t('ui:save')}
        </Button>
      </form>
    </Dialog>
  )
}
