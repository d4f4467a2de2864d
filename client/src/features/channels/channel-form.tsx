import { standardSchemaResolver } from '@hookform/resolvers/standard-schema'
import { useRef, useState } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import * as z from 'zod/mini'
import { ApiError, fieldName } from '@/api/errors'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { Notice } from '@/ui/notice'
import { useCreateChannel } from './mutations'

const schema = z.object({
  name: z.string().check(z.trim(), z.minLength(1, 'required'), z.maxLength(80)),
  base_url: z.string().check(z.trim(), z.regex(/^https?:\/\/\S{3,}$/i, 'form.urlInvalid'), z.maxLength(300)),
  api_key: z.string().check(z.trim(), z.minLength(1, 'required'), z.maxLength(300)),
  instance_name: z.string().check(z.trim(), z.regex(/^([a-z0-9_-]{8,64})?$/, 'form.instanceInvalid')),
})

type Values = z.infer<typeof schema>

interface Props {
  onClose: () => void
  onCreated: (id: string) => void
}

const FIELDS = [
  { name: 'name', label: 'form.name', hint: 'form.nameHint', type: 'text' },
  { name: 'base_url', label: 'form.baseUrl', hint: 'form.baseUrlHint', type: 'url' },
  { name: 'api_key', label: 'form.apiKey', hint: 'form.apiKeyHint', type: 'password' },
  { name: 'instance_name', label: 'form.instance', hint: 'form.instanceHint', type: 'text' },
] as const

export default function ChannelForm({ onClose, onCreated }: Props) {
  const { t, i18n } = useTranslation('channels')
  const create = useCreateChannel()
  const key = useRef(crypto.randomUUID())
  const [failure, setFailure] = useState<unknown>(null)
  const form = useForm<Values>({
    resolver: standardSchemaResolver(schema),
    defaultValues: { name: '', base_url: '', api_key: '', instance_name: '' },
  })
  const { errors, isSubmitting } = form.formState
  const words = (message: string | undefined) => {
    if (!message) return undefined
    if (message === 'required') return t('form.required')
    return i18n.exists(`channels:${message}`) ? t(message as 'form.urlInvalid') : message
  }
  const submit = form.handleSubmit(async ({ name, base_url, api_key, instance_name }) => {
    setFailure(null)
    const config = { base_url: base_url.replace(/\/+$/, ''), api_key, instance_name: instance_name || null }
    try {
      const channel = await create.mutateAsync({ body: { name, provider: 'evolution', config }, key: key.current })
      onCreated(channel.id)
    } catch (error) {
      // Another body needs another key.
      key.current = crypto.randomUUID()
      const known =
        error instanceof ApiError ? error.fields.filter((f) => fieldName(f.pointer) in form.getValues()) : []
      for (const { pointer, detail } of known)
        form.setError(fieldName(pointer) as keyof Values, { message: detail }, { shouldFocus: true })
      if (known.length === 0) setFailure(error)
    }
  })
  return (
    <Dialog open onClose={onClose} title={t('form.title')}>
      <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4 pt-2">
        <Notice tone="warn">{t('form.unofficial')}</Notice>
        {failure != null && <ErrorState error={failure} />}
        {FIELDS.map(({ name, label, hint, type }) => (
          <Field key={name} label={t(label)} hint={t(hint)} error={words(errors[name]?.message)}>
            {(ids) => (
              <Input
                {...ids}
                {...form.register(name)}
                type={type}
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                data-testid={`channel-${name.replace('_', '-')}`}
              />
            )}
          </Field>
        ))}
        <Button type="submit" busy={isSubmitting} data-testid="channel-submit">
          {isSubmitting ? t('form.submitting') : t('form.submit')}
        </Button>
      </form>
    </Dialog>
  )
}
