import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { channelsQuery } from '@/api/queries'
import type { EventClass } from '@/api/types'
import { CLASSES, useEventReason } from '@/lib/event-words'
import { useFormat } from '@/lib/use-format'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { Select } from '@/ui/select'
import { type EventsSearch, REASONS } from './search'

interface Props {
  search: EventsSearch
  onSearch: (search: EventsSearch) => void
}

export function EventFilters({ search, onSearch }: Props) {
  const { t } = useTranslation(['events', 'ui'])
  const format = useFormat()
  const reasonWords = useEventReason()
  const channels = useQuery(channelsQuery()).data ?? []
  const { class: wanted, reason, channel, day } = search
  const known: readonly string[] = wanted === 'ignored' || wanted === 'quarantined' ? REASONS[wanted] : []
  const reasons = reason && !known.includes(reason) ? [...known, reason] : known
  const change = (part: { [K in keyof EventsSearch]?: EventsSearch[K] | undefined }) => {
    const next = { class: wanted, reason, channel, day, ...part }
    onSearch(Object.fromEntries(Object.entries(next).filter(([, value]) => value)))
  }
  return (
    <fieldset className="grid grid-cols-2 items-end gap-3 md:flex md:flex-wrap">
      <legend className="sr-only">{t('filters')}</legend>
      <Field label={t('filter.class')}>
        {(ids) => (
          <Select
            {...ids}
            value={wanted ?? ''}
            data-testid="filter-class"
            onChange={(event) =>
              change({ class: (event.target.value || undefined) as EventClass | undefined, reason: undefined })
            }
          >
            <option value="">{t('all')}</option>
            {CLASSES.map((each) => (
              <option key={each} value={each}>
                {t(`class.${each}`)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {reasons.length > 0 && (
        <Field label={t('filter.reason')} className="md:max-w-56">
          {(ids) => (
            <Select
              {...ids}
              value={reason ?? ''}
              onChange={(event) => change({ reason: event.target.value || undefined })}
            >
              <option value="">{t('all')}</option>
              {reasons.map((each) => (
                <option key={each} value={each}>
                  {reasonWords(each)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
      <Field label={t('filter.channel')} className="md:max-w-56">
        {(ids) => (
          <Select
            {...ids}
            value={channel ?? ''}
            onChange={(event) => change({ channel: event.target.value || undefined })}
          >
            <option value="">{t('all')}</option>
            {channel && !channels.some(({ id }) => id === channel) && (
              <option value={channel}>{t('channelGone')}</option>
            )}
            {channels.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label={t('filter.day')}>
        {(ids) => (
          <Input
            {...ids}
            type="date"
            max={format.dayKey(new Date())}
            value={day ?? ''}
            onChange={(event) => change({ day: event.target.value || undefined })}
          />
        )}
      </Field>
      {(wanted || reason || channel || day) && (
        <Button variant="ghost" onClick={() => onSearch({})}>
          <X size={16} aria-hidden />
          {t('ui:clearFilters')}
        </Button>
      )}
    </fieldset>
  )
}
