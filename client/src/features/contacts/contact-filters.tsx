import { Search, X } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { Select } from '@/ui/select'
import type { ContactsSearch } from './search'

interface Props {
  search: ContactsSearch
  onSearch: (search: ContactsSearch) => void
}

export function ContactFilters({ search, onSearch }: Props) {
  const { t } = useTranslation(['contacts', 'ui'])
  const [q, setQ] = useState(search.q ?? '')
  const [tag, setTag] = useState(search.tag ?? '')
  const ask = (part: Partial<Record<keyof ContactsSearch, string>>) => {
    const next = { q: q.trim(), tag: tag.trim(), out: search.out ?? '', ...part }
    onSearch(Object.fromEntries(Object.entries(next).filter(([, value]) => value)) as ContactsSearch)
  }
  return (
    <search>
      <form
        className="grid grid-cols-2 items-end gap-3 md:flex md:flex-wrap"
        onSubmit={(event) => {
          event.preventDefault()
          ask({})
        }}
      >
        <Field label={t('filter.q')} className="col-span-2 md:min-w-72 md:flex-1">
          {(ids) => (
            <Input
              {...ids}
              type="search"
              value={q}
              maxLength={200}
              placeholder={t('filter.qHint')}
              data-testid="contact-search"
              onChange={(event) => setQ(event.target.value)}
            />
          )}
        </Field>
        <Field label={t('filter.tag')} className="md:w-40">
          {(ids) => <Input {...ids} value={tag} maxLength={40} onChange={(event) => setTag(event.target.value)} />}
        </Field>
        <Field label={t('filter.out')} className="md:w-48">
          {(ids) => (
            <Select {...ids} value={search.out ?? ''} onChange={(event) => ask({ out: event.target.value })}>
              <option value="">{t('filter.all')}</option>
              <option value="no">{t('filter.in')}</option>
              <option value="yes">{t('filter.optedOut')}</option>
            </Select>
          )}
        </Field>
        <Button type="submit" variant="secondary">
          <Search size={16} aria-hidden />
          {t('filter.find')}
        </Button>
        {(search.q || search.tag || search.out) && (
          <Button
            variant="ghost"
            onClick={() => {
              setQ('')
              setTag('')
              onSearch({})
            }}
          >
            <X size={16} aria-hidden />
            {t('ui:clearFilters')}
          </Button>
        )}
      </form>
    </search>
  )
}
