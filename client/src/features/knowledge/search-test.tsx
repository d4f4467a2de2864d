import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Search, SearchX } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '@/lib/use-format'
import { Button } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { Loading } from '@/ui/loading'
import { Passage } from '@/ui/passage'
import { Select } from '@/ui/select'
import { useSearchTest } from './mutations'
import { tagsQuery } from './queries'

/** What the assistant would find for a question. */
export function SearchTest({ onAnswer }: { onAnswer: ((question: string) => void) | null }) {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  const tags = useQuery(tagsQuery()).data ?? []
  const search = useSearchTest()
  const [query, setQuery] = useState('')
  const [tag, setTag] = useState('')
  const asked = search.variables?.query ?? ''
  return (
    <>
      <form
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          if (query.trim()) search.mutate({ query: query.trim(), tag })
        }}
      >
        <Field label={t('test.query')} className="min-w-full flex-1 md:min-w-64">
          {(ids) => (
            <Input
              {...ids}
              type="search"
              maxLength={2000}
              value={query}
              data-testid="test-query"
              onChange={(event) => setQuery(event.target.value)}
            />
          )}
        </Field>
        {tags.length > 0 && (
          <Field label={t('filter.tag')} className="min-w-36">
            {(ids) => (
              <Select {...ids} value={tag} onChange={(event) => setTag(event.target.value)}>
                <option value="">{t('allTags')}</option>
                {tags.map((each) => (
                  <option key={each.tag} value={each.tag}>
                    {each.tag}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        <Button type="submit" disabled={!query.trim()} busy={search.isPending}>
          <Search size={16} aria-hidden />
          {t('test.action')}
        </Button>
      </form>
      {search.isPending && <Loading rows={2} />}
      {search.isError && <ErrorState error={search.error} />}
      {search.data && !search.isPending && (
        <section aria-label={t('test.results')}>
          <p role="status" className="mb-3 text-fg-muted">
            {t('test.found', { count: search.data.length, query: asked })}
          </p>
          {search.data.length === 0 ? (
            <div className="rounded-card border bg-surface">
              <EmptyState
                icon={SearchX}
                title={t('test.nothing')}
                detail={t('test.nothingDetail')}
                action={
                  onAnswer && (
                    <Button variant="secondary" onClick={() => onAnswer(asked)}>
                      {t('test.answer')}
                    </Button>
                  )
                }
              />
            </div>
          ) : (
            <ol className="divide-y rounded-card border bg-surface">
              {search.data.map((found) => (
                <li key={found.chunk_id} className="p-4">
                  <Passage
                    title={
                      <Link
                        to="/knowledge"
                        search={(before) => ({ ...before, document: found.document_id })}
                        className="underline decoration-dotted underline-offset-2"
                      >
                        {found.page === null
                          ? found.title
                          : t('test.place', { title: found.title, page: format.number(found.page) })}
                      </Link>
                    }
                    detail={found.heading === found.title ? '' : found.heading}
                    text={found.text}
                    score={{ share: found.score, label: t('test.score'), words: format.percent(found.score) }}
                  />
                </li>
              ))}
            </ol>
          )}
        </section>
      )}
    </>
  )
}
