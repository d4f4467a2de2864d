import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { BotMessageSquare, Plus, Wrench } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { assistantsQuery } from '@/api/queries'
import type { Assistant } from '@/api/types'
import { cn } from '@/lib/cn'
import { useMay } from '@/lib/use-me'
import { useMedia } from '@/lib/use-media'
import { Button, buttonClass } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Loading } from '@/ui/loading'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'
import { Select } from '@/ui/select'
import { AssistantForm } from './assistant-form'
import { Playground } from './playground'
import { PublishBar } from './publish-bar'
import { type AssistantSearch, SECTIONS } from './search'

const TestsTab = lazy(() => import('./tests-tab').then((file) => ({ default: file.TestsTab })))
const VersionList = lazy(() => import('./version-list').then((file) => ({ default: file.VersionList })))
const MakeDialog = lazy(() => import('./make-dialog'))

/** From here on the playground stands beside the draft. */
const SPLIT = '(min-width: 80rem)'

const tabClass =
  'inline-flex h-11 items-center border-b-2 border-transparent px-1 font-medium text-fg-muted hover:text-fg aria-pressed:border-brand aria-pressed:text-brand md:h-9'

interface Props {
  search: AssistantSearch
  onSearch: (search: AssistantSearch) => void
}

export function AssistantPage({ search, onSearch }: Props) {
  const { t } = useTranslation(['assistant', 'ui'])
  const editable = useMay('assistants:write')
  const query = useQuery(assistantsQuery())
  const [dirty, setDirty] = useState(false)
  const [making, setMaking] = useState(false)
  const assistants = query.data ?? []
  const assistant =
    assistants.find((each) => each.id === search.assistant) ?? assistants.find((each) => each.answers) ?? assistants[0]
  return (
    <Page
      wide
      title={t('title')}
      detail={t('detail')}
      actions={
        <div className="flex flex-wrap gap-2">
          <Link to="/assistant/tools" className={buttonClass('secondary')}>
            <Wrench size={16} aria-hidden />
            {t('tools')}
          </Link>
          {editable && (
            <Button variant="secondary" disabled={dirty} onClick={() => setMaking(true)}>
              <Plus size={16} aria-hidden />
              {t('make.action')}
            </Button>
          )}
        </div>
      }
    >
      {editable === false && <Notice tone="info">{t('ui:noPermission')}</Notice>}
      {query.isPending && <Loading />}
      {query.isError && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && !assistant && (
        <EmptyState icon={BotMessageSquare} title={t('emptyTitle')} detail={t('emptyDetail')} />
      )}
      {assistants.length > 1 && assistant && (
        <Field label={t('choose')} hint={t('chooseHint')}>
          {(ids) => (
            <Select
              {...ids}
              value={assistant.id}
              disabled={dirty}
              onChange={(event) => onSearch({ ...search, assistant: event.target.value })}
            >
              {assistants.map((each) => (
                <option key={each.id} value={each.id}>
                  {each.answers ? t('chosenAnswers', { name: each.name }) : each.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
      {assistant && editable !== undefined && (
        <>
          <PublishBar assistant={assistant} unsaved={dirty} editable={editable} />
          <Parts
            key={assistant.id}
            assistant={assistant}
            editable={editable}
            dirty={dirty}
            onDirty={setDirty}
            search={search}
            onSearch={onSearch}
          />
        </>
      )}
      {making && (
        <Suspense>
          <MakeDialog
            {...(assistant ? { like: assistant } : {})}
            onClose={() => setMaking(false)}
            onMade={(made) => onSearch({ assistant: made.id })}
          />
        </Suspense>
      )}
    </Page>
  )
}

interface PartsProps extends Props {
  assistant: Assistant
  editable: boolean
  dirty: boolean
  onDirty: (dirty: boolean) => void
}

function Parts({ assistant, editable, dirty, onDirty, search, onSearch }: PartsProps) {
  const { t } = useTranslation('assistant')
  const split = useMedia(SPLIT)
  // Whoever may only read may not spend either.
  const sections = SECTIONS.filter((each) => each !== 'try' || (editable && !split))
  const shown = sections.find((each) => each === search.section) ?? 'draft'
  const playground = editable && <Playground assistant={assistant} unsaved={dirty} />
  return (
    <>
      <fieldset className="flex gap-5 overflow-x-auto border-b">
        <legend className="sr-only">{t('parts')}</legend>
        {sections.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={shown === each}
            data-testid={`section-${each}`}
            onClick={() => {
              const { section: _, ...rest } = search
              onSearch(each === 'draft' ? rest : { ...rest, section: each })
            }}
            className={tabClass}
          >
            {t(`part.${each}`)}
          </button>
        ))}
      </fieldset>
      {/* The form stays where it is, so that what was typed outlives a look at another tab. */}
      <div className={cn('gap-6', editable && 'xl:grid-cols-[1fr_24rem]', shown === 'draft' ? 'grid' : 'hidden')}>
        <AssistantForm assistant={assistant} editable={editable} onDirty={onDirty} />
        {split && playground && <div className="sticky top-0 self-start">{playground}</div>}
      </div>
      {!split && <div hidden={shown !== 'try'}>{playground}</div>}
      <Suspense>
        {shown === 'tests' && <TestsTab assistant={assistant} editable={editable} />}
        {shown === 'versions' && <VersionList assistant={assistant} editable={editable} unsaved={dirty} />}
      </Suspense>
    </>
  )
}
