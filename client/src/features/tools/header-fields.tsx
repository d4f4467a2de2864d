import { useTranslation } from 'react-i18next'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import type { Header } from './headers'

interface Props extends Header {
  /** Headers that are stored, whose values nobody sees again. */
  stored: string[]
  onChange: (header: Header) => void
}

/** One header with a secret; left empty, what is stored stays. */
export function HeaderFields({ name, value, stored, onChange }: Props) {
  const { t } = useTranslation('tools')
  return (
    <fieldset className="grid gap-3 md:grid-cols-2">
      <legend className="mb-1.5 font-medium">{t('header.title')}</legend>
      <Field label={t('header.name')}>
        {(ids) => (
          <Input
            {...ids}
            value={name}
            maxLength={60}
            placeholder="Authorization"
            onChange={(event) => onChange({ name: event.target.value, value })}
          />
        )}
      </Field>
      <Field
        label={t('header.value')}
        hint={stored.length > 0 ? t('header.stored', { names: stored.join(', ') }) : t('header.hint')}
      >
        {(ids) => (
          <Input
            {...ids}
            type="password"
            autoComplete="off"
            value={value}
            maxLength={4000}
            onChange={(event) => onChange({ name, value: event.target.value })}
          />
        )}
      </Field>
    </fieldset>
  )
}
