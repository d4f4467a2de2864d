import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useErrorText } from '@/lib/error-text'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { Notice } from '@/ui/notice'
import { HeaderFields } from './header-fields'
import { headersOf } from './headers'
import { useCreateServer } from './mutations'

export default function ServerForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['tools', 'ui'])
  const text = useErrorText()
  const create = useCreateServer()
  const [key] = useState(() => crypto.randomUUID())
  const [name, setName] = useState('')
  const [url, setUrl] = useState('https://')
  const [header, setHeader] = useState({ name: '', value: '' })
  return (
    <Dialog open onClose={onClose} title={t('servers.add')}>
      <form
        className="flex flex-col gap-4 pt-2"
        onSubmit={(event) => {
          event.preventDefault()
          create.mutate(
            { body: { name, url: url.trim(), headers: headersOf(header), timeout_seconds: 10, enabled: true }, key },
            { onSuccess: onClose },
          )
        }}
      >
        <Field label={t('servers.name')} hint={t('servers.nameHint')}>
          {(ids) => (
            <Input
              {...ids}
              value={name}
              required
              maxLength={20}
              pattern="[a-z][a-z0-9]+"
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label={t('servers.url')}>
          {(ids) => (
            <Input
              {...ids}
              value={url}
              required
              maxLength={2000}
              inputMode="url"
              onChange={(event) => setUrl(event.target.value)}
            />
          )}
        </Field>
        <HeaderFields {...header} stored={[]} onChange={setHeader} />
        {create.isError && <Notice tone="danger">{text(create.error)}</Notice>}
        <Button type="submit" busy={create.isPending} className="self-end">
          {t('ui:save')}
        </Button>
      </form>
    </Dialog>
  )
}
