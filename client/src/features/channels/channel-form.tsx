import { standardSchemaResolver } from '@hookform/resolvers/standard-schema'
import { useRef, useState } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { ApiError, fieldName } from '@/api/errors'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { Notice } from '@/ui/notice'
import { useCreateChannel } from './mutations'
import { ProviderChoice } from './provider-choice'
import { configOf, FIELDS, type Provider, SCHEMAS, UNOFFICIAL } from './providers'

interface Props {
  onClose: () => void
  onCreated: (id: string) => void
}

export default function ChannelForm({ onClose, onCreated }: Props) {
  const { t } = useTranslation('channels')
  const [provider, setProvider] = useState<Provider>('evolution')
  return (
    <Dialog open onClose={onClose} title={t('form.title')}>
      <div className="flex flex-col gap-4 pt-2">
        <ProviderChoice value={provider} onChange={setProvider} />
        <Fields key={provider} provider={provider} onCreated={onCreated} />
      </div>
    </Dialog>
  )
}

type Values = Record<string, string>

/** What only the server knows, in our words. */
const PROBLEMS: Record<string, string> = { '/config/app_secret required': 'form.appSecretNeeded' }

function Fields({ provider, onCreated }: { provider: Provider; onCreated: (id: string) => void }) {
  const { t, i18n } = useTranslation('channels')
  const create = useCreateChannel()
  const key = useRef(crypto.randomUUID())
  const [failure, setFailure] = useState<unknown>(null)
  const fields = FIELDS[provider]
  const form = useForm<Values>({
    resolver: standardSchemaResolver(SCHEMAS[provider] as never) as never,
    defaultValues: Object.fromEntries(fields.map((field) => [field.name, ''])),
  })
  const { errors, isSubmitting } = form.formState
  const words = (message: string | undefined) => {
    if (!message) return undefined
    if (message === 'required') return t('form.required')
    return i18n.exists(`channels:${message}`) ? t(message as 'form.urlInvalid') : message
  }
  const submit = form.handleSubmit(async (values) => {
    setFailure(null)
    try {
      const body = { name: values.name ?? '', provider, config: configOf(values) }
      const channel = await create.mutateAsync({ body, key: key.current })
      onCreated(channel.id)
    } catch (error) {
      // Another body needs another key.
      key.current = crypto.randomUUID()
      const known =
        error instanceof ApiError ? error.fields.filter((f) => fieldName(f.pointer) in form.getValues()) : []
      for (const { pointer, code, detail } of known)
        form.setError(fieldName(pointer), { message: PROBLEMS[`${pointer} ${code}`] ?? detail }, { shouldFocus: true })
      if (known.length === 0) setFailure(error)
    }
  })
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      {UNOFFICIAL.includes(provider) ? (
        <Notice tone="warn">{t('form.unofficial')}</Notice>
      ) : (
        <Notice tone="info">{t('form.official')}</Notice>
      )}
      {failure != null && <ErrorState error={failure} />}
      {fields.map(({ name, label, hint, type }) => (
        <Field key={name} label={t(label)} hint={t(hint)} error={words(errors[name]?.message)}>
          {(ids) => (
            <Input
              {...ids}
              {...form.register(name)}
              type={type}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              data-testid={`channel-${name.replaceAll('_', '-')}`}
            />
          )}
        </Field>
      ))}
      <Button type="submit" busy={isSubmitting} data-testid="channel-submit">
        {isSubmitting ? t('form.submitting') : t('form.submit')}
      </Button>
    </form>
  )
}
