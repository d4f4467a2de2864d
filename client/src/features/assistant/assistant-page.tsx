import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { BotMessageSquare, Wrench } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { assistantsQuery } from '@/api/queries'
import { useCan } from '@/lib/use-me'
import { buttonClass } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Loading } from '@/ui/loading'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'
import { Select } from '@/ui/select'
import { AssistantForm } from './assistant-form'
import { PublishBar } from './publish-bar'
import { VersionList } from './version-list'

export function AssistantPage() {
  const { t } = useTranslation(['assistant', 'ui'])
  const editable = useCan('assistants:write')
  const query = useQuery(assistantsQuery())
  const [chosen, setChosen] = useState<string | null>(null)
  const [dirty, setDirty] = useState(false)
  const assistants = query.data ?? []
  const assistant = assistants.find((each) => each.id === chosen) ?? assistants[0]
  return (
    <Page
      title={t('title')}
      detail={t('detail')}
      actions={
        <Link to="/assistant/tools" className={buttonClass('secondary')}>
          <Wrench size={16} aria-hidden />
          {t('tools')}
        </Link>
      }
    >
      {!editable && <Notice tone="info">{t('ui:noPermission')}</Notice>}
      {query.isPending && <Loading />}
      {query.isError && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && !assistant && (
        <EmptyState icon={BotMessageSquare} title={t('emptyTitle')} detail={t('emptyDetail')} />
      )}
      {assistants.length > 1 && assistant && (
        <Field label={t('choose')}>
          {(ids) => (
            <Select {...ids} value={assistant.id} disabled={dirty} onChange={(event) => setChosen(event.target.value)}>
              {assistants.map((each) => (
                <option key={each.id} value={each.id}>
                  {each.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
      {assistant && (
        <>
          <PublishBar assistant={assistant} unsaved={dirty} editable={editable} />
          <AssistantForm key={assistant.id} assistant={assistant} editable={editable} onDirty={setDirty} />
          <VersionList assistant={assistant} />
        </>
      )}
    </Page>
  )
}
