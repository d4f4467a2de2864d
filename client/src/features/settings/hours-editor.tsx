import { Plus, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { IconButton } from '@/ui/icon-button'
import { Input } from '@/ui/input'
import { Switch } from '@/ui/switch'
import { badDays, DAYS, type Day, type Hours, type Range } from './hours'

interface Props {
  hours: Hours
  disabled: boolean
  onChange: (hours: Hours) => void
}

const MOST = 3

export function HoursEditor({ hours, disabled, onChange }: Props) {
  const { t } = useTranslation('settings')
  const bad = badDays(hours)
  const setDay = (day: Day, ranges: Range[]) => onChange({ ...hours, week: { ...hours.week, [day]: ranges } })
  return (
    <fieldset disabled={disabled} className="flex flex-col gap-2">
      <legend className="font-medium">{t('hours')}</legend>
      <p className="text-sm text-fg-muted">{t('hoursDetail')}</p>
      <Switch
        label={t('always')}
        checked={hours.always}
        disabled={disabled}
        onChange={(always) => onChange({ ...hours, always })}
      />
      {!hours.always && (
        <ul className="divide-y">
          {DAYS.map((day) => (
            <DayRow
              key={day}
              day={day}
              ranges={hours.week[day]}
              bad={bad.includes(day)}
              disabled={disabled}
              onChange={(ranges) => setDay(day, ranges)}
            />
          ))}
        </ul>
      )}
    </fieldset>
  )
}

interface DayProps {
  day: Day
  ranges: Range[]
  bad: boolean
  disabled: boolean
  onChange: (ranges: Range[]) => void
}

function DayRow({ day, ranges, bad, disabled, onChange }: DayProps) {
  const { t } = useTranslation('settings')
  const name = t(`day.${day}`)
  const set = (index: number, side: 0 | 1, time: string) =>
    onChange(ranges.map((range, at) => (at === index ? (range.with(side, time) as Range) : range)))
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 py-2">
      <div className="w-36 shrink-0">
        <Switch
          label={name}
          checked={ranges.length > 0}
          disabled={disabled}
          onChange={(open) => onChange(open ? [['08:00', '18:00']] : [])}
        />
      </div>
      {ranges.length === 0 ? (
        <p className="py-2 text-fg-muted">{t('closed')}</p>
      ) : (
        <div className="flex flex-col gap-2">
          {ranges.map(([from, to], index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a range has no name but its place in the day
            <div key={index} className="flex items-center gap-2">
              <Input
                type="time"
                aria-label={t('from', { day: name })}
                aria-invalid={bad || undefined}
                value={from}
                onChange={(event) => set(index, 0, event.target.value)}
                className="max-w-32"
              />
              <span aria-hidden>{t('until')}</span>
              <Input
                type="time"
                aria-label={t('to', { day: name })}
                aria-invalid={bad || undefined}
                value={to}
                onChange={(event) => set(index, 1, event.target.value)}
                className="max-w-32"
              />
              {ranges.length > 1 && (
                <IconButton
                  label={t('removeRange', { day: name })}
                  onClick={() => onChange(ranges.filter((_, at) => at !== index))}
                >
                  <X size={16} aria-hidden />
                </IconButton>
              )}
              {index === ranges.length - 1 && ranges.length < MOST && (
                <IconButton label={t('addRange', { day: name })} onClick={() => onChange([...ranges, [to, '23:00']])}>
                  <Plus size={16} aria-hidden />
                </IconButton>
              )}
            </div>
          ))}
          {bad && (
            <p role="alert" className="text-sm text-danger">
              {t('rangeInvalid')}
            </p>
          )}
        </div>
      )}
    </li>
  )
}
