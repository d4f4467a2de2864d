import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Me } from '@/api/types'
import { toast } from '@/lib/toast'
import { Card } from '@/ui/card'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { SaveBar } from '@/ui/save-bar'
import { Select } from '@/ui/select'
import { useSaveMe } from './mutations'

export function ProfileCard({ me }: { me: Me }) {
  const { t } = useTranslation(['settings', 'ui'])
  const save = useSaveMe()
  const kept = me.user.language === 'en' ? 'en' : 'pt-BR'
  const [name, setName] = useState(me.user.name)
  const [language, setLanguage] = useState<'pt-BR' | 'en'>(kept)
  const missing = name.trim() === ''
  const dirty = name !== me.user.name || language !== kept
  return (
    <Card title={t('profile')}>
      <form
        className="flex flex-col gap-4"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (!missing)
            save.mutate({ name: name.trim(), language }, { onSuccess: () => toast('success', t('ui:saved')) })
        }}
      >
        <div className="grid gap-4 md:grid-cols-2">
          <Field label={t('yourName')} error={missing ? t('required') : undefined}>
            {(ids) => (
              <Input
                {...ids}
                value={name}
                maxLength={120}
                autoComplete="name"
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <Field label={t('language')}>
            {(ids) => (
              <Select
                {...ids}
                value={language}
                data-testid="user-language"
                onChange={(event) => setLanguage(event.target.value === 'en' ? 'en' : 'pt-BR')}
              >
                <option value="pt-BR">{t('languages.pt-BR')}</option>
                <option value="en">{t('languages.en')}</option>
              </Select>
            )}
          </Field>
        </div>
        <p className="text-fg-muted">
          {t('email')}: {me.user.email} · {t(`role.${me.role}`)}
        </p>
        {save.isError && <ErrorState error={save.error} />}
        <SaveBar
          dirty={dirty}
          busy={save.isPending}
          onDiscard={() => {
            setName(me.user.name)
            setLanguage(kept)
          }}
        />
      </form>
    </Card>
  )
}
