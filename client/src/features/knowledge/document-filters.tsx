import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useShortcut } from '@/lib/shortcuts'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { Select } from '@/ui/select'
import { tagsQuery } from './queries'
import { type KnowledgeSearch, SOURCES, STATES } from './search'

const WAIT = 300

interface Props {
  search: KnowledgeSearch
  onSearch: (search: KnowledgeSearch) => void
}

export function DocumentFilters({ search, onSearch }: Props) {
  const { t } = useTranslation(['knowledge', 'ui'])
  const tags = useQuery(tagsQuery()).data ?? []
  const field = useRef<HTMLInputElement>(null)
  const [words, setWords] = useState(search.q ?? '')
  useShortcut('search', '/', () => field.current?.focus())
  const { state, source, tag, q = '' } = search
  const change = (part: { [K in keyof KnowledgeSearch]?: KnowledgeSearch[K] | undefined }) => {
    const next = { state, source, tag, q, ...part }
    onSearch(Object.fromEntries(Object.entries(next).filter(([, value]) => value)))
  }
  const latest = useRef(change)
  const asked = useRef(q)
  useEffect(() => {
    latest.current = change
  })
  useEffect(() => {
    // The URL changed by other means: cleared filters, or the back button.
    if (q === asked.current) return
    asked.current = q
    setWords(q)
  }, [q])
  useEffect(() => {
    const wanted = words.trim()
    if (wanted === asked.current) return
    const timer = setTimeout(() => {
      asked.current = wanted
      latest.current({ q: wanted })
    }, WAIT)
    return () => clearTimeout(timer)
  }, [words])

  const selects = [
    { name: 'source', value: source, options: SOURCES.map((each) => [each, t(`source.${each}`)] as const) },
    { name: 'state', value: state, options: STATES.map((each) => [each, t(`state.${each}`)] as const) },
    ...(tags.length > 0 || tag
      ? [{ name: 'tag', value: tag, options: tagsOf(tags, tag).map((each) => [each, each] as const) } as const]
      : []),
  ] as const
  return (
    <fieldset className="grid grid-cols-3 items-end gap-3 md:flex md:flex-wrap">
      <legend className="sr-only">{t('filters')}</legend>
      <Field label={t('filter.q')} className="max-md:col-span-3 md:min-w-48 md:flex-1">
        {(ids) => (
          <Input {...ids} ref={field} type="search" value={words} onChange={(event) => setWords(event.target.value)} />
        )}
      </Field>
      {selects.map(({ name, value, options }) => (
        <Field key={name} label={t(`filter.${name}`)} className="md:max-w-48">
          {(ids) => (
            <Select
              {...ids}
              value={value ?? ''}
              data-testid={`filter-${name}`}
              onChange={(event) => change({ [name]: event.target.value || undefined })}
            >
              <option value="">{name === 'tag' ? t('allTags') : t('all')}</option>
              {options.map(([option, label]) => (
                <option key={option} value={option}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
      ))}
      {(state || source || tag || q) && (
        <Button variant="ghost" onClick={() => onSearch({})}>
          <X size={16} aria-hidden />
          {t('ui:clearFilters')}
        </Button>
      )}
    </fieldset>
  )
}

/** The tags in use, and the one asked for even where nothing carries it any more. */
function tagsOf(known: { tag: string }[], wanted: string | undefined): string[] {
  const all = known.map(({ tag }) => tag)
  return wanted && !all.includes(wanted) ? [...all, wanted] : all
}
