import { Globe, MessageCircleQuestionMark } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMay } from '@/lib/use-me'
import { Button } from '@/ui/button'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'
import { DocumentList } from './document-list'
import { DropZone } from './drop-zone'
import { Gaps } from './gaps'
import { QuotaLine } from './quota-line'
import { type KnowledgeSearch, PARTS } from './search'
import { SearchTest } from './search-test'
import { UploadList } from './upload-list'

const AddDialog = lazy(() => import('./document-dialog').then((file) => ({ default: file.AddDialog })))
const DocumentSheet = lazy(() => import('./document-sheet'))

interface Props {
  search: KnowledgeSearch
  onSearch: (search: KnowledgeSearch) => void
}

interface Adding {
  kind: 'page' | 'pair'
  question?: string
}

const tabClass =
  'inline-flex h-11 items-center border-b-2 border-transparent px-1 font-medium text-fg-muted hover:text-fg aria-pressed:border-brand aria-pressed:text-brand md:h-9'

export function KnowledgePage({ search, onSearch }: Props) {
  const { t } = useTranslation(['knowledge', 'ui'])
  const editable = useMay('documents:write')
  const [adding, setAdding] = useState<Adding | null>(null)
  const { document, ...rest } = search
  const part = search.part ?? 'documents'
  const buttons = editable && (
    <div className="flex flex-wrap gap-2">
      <Button variant="secondary" data-testid="add-page" onClick={() => setAdding({ kind: 'page' })}>
        <Globe size={16} aria-hidden />
        {t('add.page')}
      </Button>
      <Button variant="secondary" data-testid="add-pair" onClick={() => setAdding({ kind: 'pair' })}>
        <MessageCircleQuestionMark size={16} aria-hidden />
        {t('add.pair')}
      </Button>
    </div>
  )
  const list = <DocumentList search={search} onSearch={onSearch} editable={editable ?? false} />
  return (
    <Page wide title={t('title')} detail={t('detail')} actions={buttons}>
      {editable === false && <Notice tone="info">{t('ui:noPermission')}</Notice>}
      <QuotaLine />
      <fieldset className="flex gap-5 border-b">
        <legend className="sr-only">{t('parts')}</legend>
        {PARTS.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={part === each}
            data-testid={`part-${each}`}
            onClick={() => onSearch(each === 'documents' ? {} : { part: each })}
            className={tabClass}
          >
            {t(`part.${each}`)}
          </button>
        ))}
      </fieldset>
      {part === 'gaps' && <Gaps editable={editable ?? false} />}
      {part === 'test' && (
        <SearchTest onAnswer={editable ? (question) => setAdding({ kind: 'pair', question }) : null} />
      )}
      {part === 'documents' && !editable && list}
      {part === 'documents' && editable && (
        <DropZone tag={search.tag}>
          <UploadList />
          {list}
        </DropZone>
      )}
      <Suspense>
        {document && <DocumentSheet id={document} onClose={() => onSearch(rest)} />}
        {adding && <AddDialog {...adding} onClose={() => setAdding(null)} />}
      </Suspense>
    </Page>
  )
}
