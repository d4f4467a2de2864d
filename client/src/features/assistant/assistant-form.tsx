import { standardSchemaResolver } from '@hookform/resolvers/standard-schema'
import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { Controller, useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import type { Assistant } from '@/api/types'
import { toast } from '@/lib/toast'
import { Card } from '@/ui/card'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { SaveBar } from '@/ui/save-bar'
import { Select } from '@/ui/select'
import { Switch } from '@/ui/switch'
import { Textarea } from '@/ui/textarea'
import { UnsavedGuard } from '@/ui/unsaved-guard'
import { patchOf, schema, type Values, valuesOf } from './form'
import { useSaveDraft } from './mutations'

interface Props {
  assistant: Assistant
  editable: boolean
  onDirty: (dirty: boolean) => void
}

const HOURS = ['always', 'business', 'outside'] as const
const TONES = ['warm', 'neutral', 'formal', 'playful'] as const

export function AssistantForm({ assistant, editable, onDirty }: Props) {
  const { t } = useTranslation(['assistant', 'ui'])
  const save = useSaveDraft(assistant.id)
  const form = useForm<Values>({
    resolver: standardSchemaResolver(schema),
    defaultValues: valuesOf(assistant),
    disabled: !editable,
  })
  const { errors, isDirty, dirtyFields } = form.formState
  useEffect(() => onDirty(isDirty), [isDirty, onDirty])
  const { reset } = form
  useEffect(() => {
    // The draft changed by other means: a version was restored into it.
    if (!isDirty) reset(valuesOf(assistant))
  }, [assistant, isDirty, reset])

  const words = (message: string | undefined) => {
    const [what, min, max] = message?.split(':') ?? []
    return what ? t(`invalid.${what as 'number'}`, { min, max }) : undefined
  }
  const submit = form.handleSubmit((values) =>
    save.mutate(patchOf(values, dirtyFields), {
      onSuccess: (saved) => {
        form.reset(valuesOf(saved))
        toast('success', t('ui:saved'))
      },
    }),
  )
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      <UnsavedGuard dirty={isDirty} />
      <Card title={t('section.voice')}>
        <div className="flex flex-col gap-4">
          {(['enabled', 'shadow'] as const).map((name) => (
            <Controller
              key={name}
              control={form.control}
              name={name}
              render={({ field }) => (
                <Switch
                  label={t(name)}
                  hint={t(`${name}Hint`)}
                  checked={field.value}
                  disabled={!editable}
                  onChange={field.onChange}
                />
              )}
            />
          ))}
          <div className="grid gap-4 md:grid-cols-2">
            <Field label={t('name')} error={words(errors.name?.message)}>
              {(ids) => <Input {...ids} {...form.register('name')} data-testid="assistant-name" />}
            </Field>
            <Field label={t('tone')}>
              {(ids) => (
                <Select {...ids} {...form.register('tone')}>
                  {TONES.map((tone) => (
                    <option key={tone} value={tone}>
                      {t(`tones.${tone}`)}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
          </div>
          <Field
            label={t('instructions')}
            hint={
              <>
                {t('instructionsHint')}{' '}
                <Link to="/settings" className="text-brand underline">
                  {t('businessLink')}
                </Link>
              </>
            }
            error={words(errors.instructions?.message)}
          >
            {(ids) => (
              <Textarea {...ids} {...form.register('instructions')} rows={10} data-testid="assistant-instructions" />
            )}
          </Field>
          <Field label={t('rules')} hint={t('rulesHint')} error={words(errors.rules?.message)}>
            {(ids) => <Textarea {...ids} {...form.register('rules')} rows={4} />}
          </Field>
        </div>
      </Card>
      <Card title={t('section.handoff')}>
        <Field
          label={t('handoffRules')}
          hint={t('handoffRulesHint')}
          error={words(errors.handoff_rules?.message)}
          className="mb-4"
        >
          {(ids) => <Textarea {...ids} {...form.register('handoff_rules')} rows={3} />}
        </Field>
        <Field label={t('keywords')} hint={t('keywordsHint')} error={words(errors.handoff_keywords?.message)}>
          {(ids) => <Textarea {...ids} {...form.register('handoff_keywords')} rows={3} />}
        </Field>
      </Card>
      <Card title={t('section.timing')}>
        <div className="grid gap-4 md:grid-cols-2">
          <Field label={t('hours')} hint={t('hoursHint')} className="md:col-span-2">
            {(ids) => (
              <Select {...ids} {...form.register('hours')}>
                {HOURS.map((hours) => (
                  <option key={hours} value={hours}>
                    {t(`hoursOf.${hours}`)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label={t('quiet')} hint={t('quietHint')} error={words(errors.quiet_seconds?.message)}>
            {(ids) => <Input {...ids} {...form.register('quiet_seconds')} inputMode="decimal" />}
          </Field>
          <Field label={t('maxWait')} hint={t('maxWaitHint')} error={words(errors.max_wait_seconds?.message)}>
            {(ids) => <Input {...ids} {...form.register('max_wait_seconds')} inputMode="decimal" />}
          </Field>
        </div>
      </Card>
      <Card title={t('section.model')}>
        <div className="grid gap-4 md:grid-cols-2">
          <Field label={t('model')} error={words(errors.model?.message)}>
            {(ids) => <Input {...ids} {...form.register('model')} spellCheck={false} autoCapitalize="none" />}
          </Field>
          <Field label={t('fallback')} hint={t('fallbackHint')} error={words(errors.fallback_models?.message)}>
            {(ids) => (
              <Textarea
                {...ids}
                {...form.register('fallback_models')}
                rows={3}
                spellCheck={false}
                autoCapitalize="none"
              />
            )}
          </Field>
        </div>
      </Card>
      <Card title={t('section.tests')}>
        <Field label={t('passRate')} hint={t('passRateHint')} error={words(errors.pass_rate?.message)}>
          {(ids) => <Input {...ids} {...form.register('pass_rate')} inputMode="numeric" className="max-w-32" />}
        </Field>
      </Card>
      {save.isError && <ErrorState error={save.error} />}
      <SaveBar dirty={isDirty} busy={save.isPending} onDiscard={() => form.reset()} />
    </form>
  )
}
