import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Chip } from '@/ui/chip'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { lastDays, MOST_DAYS, problemOf, type Range } from './range'

const PRESETS = [1, 7, 30]

interface Props {
  range: Range
  today: string
  onChange: (range: Range) => void
}

/** Days are taken over as soon as both make sense; until then what is wrong is said and the figures stay. */
export function RangeForm({ range, today, onChange }: Props) {
  const { t } = useTranslation('ledger')
  const [draft, setDraft] = useState(range)
  const { from, to } = range
  useEffect(() => setDraft({ from, to }), [from, to])
  const problem = problemOf(draft)
  const change = (part: Partial<Range>) => {
    const next = { ...draft, ...part }
    setDraft(next)
    if (problemOf(next) === null) onChange(next)
  }
  return (
    <fieldset className="flex flex-wrap items-end gap-3">
      <legend className="sr-only">{t('range')}</legend>
      <Field label={t('from')} className="max-md:flex-1">
        {(ids) => (
          <Input
            {...ids}
            type="date"
            max={today}
            value={draft.from}
            onChange={(event) => change({ from: event.target.value })}
          />
        )}
      </Field>
      <Field label={t('to')} className="max-md:flex-1">
        {(ids) => (
          <Input
            {...ids}
            type="date"
            max={today}
            value={draft.to}
            onChange={(event) => change({ to: event.target.value })}
          />
        )}
      </Field>
      <div className="flex flex-wrap gap-1">
        {PRESETS.map((count) => {
          const preset = lastDays(count, today)
          return (
            <Chip key={count} pressed={preset.from === from && preset.to === to} onClick={() => onChange(preset)}>
              {count === 1 ? t('today') : t('lastDays', { count })}
            </Chip>
          )
        })}
      </div>
      {problem && (
        <p role="alert" className="w-full text-sm text-danger">
          {t(problem, { count: MOST_DAYS })}
        </p>
      )}
    </fieldset>
  )
}
