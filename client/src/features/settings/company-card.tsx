import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Tenant } from '@/api/types'
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
import { badDays, type Hours, hoursOf, wireOf } from './hours'
import { HoursEditor } from './hours-editor'
import { useSaveTenant } from './mutations'
import { TimeZoneSelect } from './time-zone-select'

interface Values {
  name: string
  description: string
  time_zone: string
  language: Tenant['language']
  asks_satisfaction: boolean
  hours: Hours
}

const valuesOf = (tenant: Tenant): Values => ({
  name: tenant.name,
  description: tenant.description,
  time_zone: tenant.time_zone,
  language: tenant.language,
  asks_satisfaction: tenant.asks_satisfaction,
  hours: hoursOf(tenant.business_hours as Record<string, unknown>),
})

export function CompanyCard({ tenant, editable }: { tenant: Tenant; editable: boolean }) {
  const { t } = useTranslation(['settings', 'ui'])
  const save = useSaveTenant()
  const [kept, setKept] = useState(() => valuesOf(tenant))
  const [values, setValues] = useState(kept)
  const [tried, setTried] = useState(false)
  const set = <K extends keyof Values>(name: K, value: Values[K]) => setValues({ ...values, [name]: value })
  const dirty = JSON.stringify(values) !== JSON.stringify(kept)
  const nameMissing = values.name.trim() === ''
  const descriptionLong = values.description.length > 4000

  const submit = () => {
    setTried(true)
    if (nameMissing || descriptionLong || badDays(values.hours).length > 0) return
    const { hours, ...rest } = values
    save.mutate(
      { ...rest, name: rest.name.trim(), business_hours: wireOf(hours) },
      {
        onSuccess: (saved) => {
          setKept(valuesOf(saved))
          setValues(valuesOf(saved))
          setTried(false)
          toast('success', t('ui:saved'))
        },
      },
    )
  }
  return (
    <Card title={t('company')} detail={t('companyDetail')}>
      <UnsavedGuard dirty={dirty} />
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Field label={t('name')} error={tried && nameMissing ? t('required') : undefined}>
          {(ids) => (
            <Input
              {...ids}
              value={values.name}
              maxLength={120}
              disabled={!editable}
              onChange={(event) => set('name', event.target.value)}
            />
          )}
        </Field>
        <Field label={t('description')} hint={t('descriptionHint')} error={descriptionLong ? t('tooLong') : undefined}>
          {(ids) => (
            <Textarea
              {...ids}
              rows={7}
              data-testid="tenant-description"
              value={values.description}
              disabled={!editable}
              onChange={(event) => set('description', event.target.value)}
            />
          )}
        </Field>
        <div className="grid gap-4 md:grid-cols-2">
          <Field label={t('timeZone')}>
            {(ids) => (
              <TimeZoneSelect
                {...ids}
                value={values.time_zone}
                disabled={!editable}
                onChange={(event) => set('time_zone', event.target.value)}
              />
            )}
          </Field>
          <Field label={t('tenantLanguage')}>
            {(ids) => (
              <Select
                {...ids}
                value={values.language}
                disabled={!editable}
                onChange={(event) => set('language', event.target.value as Tenant['language'])}
              >
                <option value="pt-BR">{t('languages.pt-BR')}</option>
                <option value="en">{t('languages.en')}</option>
              </Select>
            )}
          </Field>
        </div>
        <Switch
          label={t('asksSatisfaction')}
          hint={t('asksSatisfactionHint')}
          checked={values.asks_satisfaction}
          disabled={!editable}
          onChange={(on) => set('asks_satisfaction', on)}
        />
        <HoursEditor hours={values.hours} disabled={!editable} onChange={(hours) => set('hours', hours)} />
        {save.isError && <ErrorState error={save.error} />}
        <SaveBar dirty={dirty} busy={save.isPending} onDiscard={() => setValues(kept)} />
      </form>
    </Card>
  )
}
