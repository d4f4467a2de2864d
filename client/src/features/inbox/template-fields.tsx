import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Template } from '@/api/types'
import { useClientId } from '@/lib/use-client-id'
import { Button } from '@/ui/button'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { filled } from './template-words'

export interface FilledTemplate {
  name: string
  language: string
  variables: Record<string, string>
}

interface Props {
  template: Template
  send: (template: FilledTemplate, clientId: string) => Promise<void>
  onBack: () => void
}

export function TemplateFields({ template, send: deliver, onBack }: Props) {
  const { t } = useTranslation('inbox')
  const [values, setValues] = useState<Record<string, string>>({})
  const [asked, setAsked] = useState(false)
  const clientId = useClientId()
  const send = useMutation({
    mutationFn: () => {
      const said = { name: template.name, language: template.language, variables: values }
      return deliver(said, clientId(said))
    },
  })
  const label = (variable: string) => {
    const [place, name = ''] = variable.split('.')
    if (variable === 'header.media') return t('template.media')
    if (place === 'button') return t('template.button', { name: template.buttons[Number(name)]?.title ?? name })
    return t(place === 'header' ? 'template.header' : 'template.body', { name })
  }
  const missing = template.variables.filter((variable) => !values[variable]?.trim())
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setAsked(true)
    if (missing.length === 0) send.mutate()
  }
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-4 pt-2">
      {send.isError && <ErrorState error={send.error} />}
      {template.variables.map((variable) => (
        <Field
          key={variable}
          label={label(variable)}
          error={asked && missing.includes(variable) ? t('template.required') : undefined}
        >
          {(ids) => (
            <Input
              {...ids}
              value={values[variable] ?? ''}
              maxLength={1024}
              onChange={(event) => setValues({ ...values, [variable]: event.target.value })}
              data-testid={`template-${variable.replace('.', '-')}`}
            />
          )}
        </Field>
      ))}
      <section aria-label={t('template.preview')} className="rounded-card bg-surface-2 p-3">
        <h3 className="mb-1 text-sm text-fg-muted">{t('template.preview')}</h3>
        {filled(template, values).map((part) => (
          <p key={part} className="whitespace-pre-wrap">
            {part}
          </p>
        ))}
      </section>
      <div className="flex flex-wrap justify-end gap-2">
        <Button variant="secondary" onClick={onBack}>
          {t('template.back')}
        </Button>
        <Button type="submit" busy={send.isPending} data-testid="template-send">
          {t('template.send')}
        </Button>
      </div>
    </form>
  )
}
