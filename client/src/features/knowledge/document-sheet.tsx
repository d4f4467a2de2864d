import { useQuery } from '@tanstack/react-query'
import { Download, Pencil, RefreshCw, Trash2 } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/api/errors'
import type { DocumentDetail } from '@/api/types'
import { useFormat } from '@/lib/use-format'
import { useCan } from '@/lib/use-me'
import { Badge } from '@/ui/badge'
import { Button, buttonClass } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { Sheet } from '@/ui/sheet'
import { DocumentFailure } from './document-failure'
import { isWorked, Progress, Stages, StateBadge } from './document-state'
import { useDeleteDocument, useReadAgain } from './mutations'
import { PageChanges } from './page-changes'
import { documentQuery } from './queries'

const EditDialog = lazy(() => import('./document-dialog').then((file) => ({ default: file.EditDialog })))

/** One document: where it came from, how it was read, and what may be done with it. */
export default function DocumentSheet({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation('knowledge')
  const query = useQuery(documentQuery(id))
  const gone = query.error instanceof ApiError && query.error.status === 404
  return (
    <Sheet title={gone || !query.data ? t('sheet.title') : query.data.title} onClose={onClose}>
      {query.isPending && <Loading rows={2} />}
      {gone && <p>{t('sheet.gone')}</p>}
      {query.isError && !gone && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && !gone && <Detail document={query.data} onClose={onClose} />}
    </Sheet>
  )
}

function Detail({ document, onClose }: { document: DocumentDetail; onClose: () => void }) {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  const editable = useCan('documents:write')
  const again = useReadAgain(document.id)
  const remove = useDeleteDocument()
  const [asking, setAsking] = useState<'edit' | 'delete' | null>(null)
  const facts = [
    { name: t('sheet.source'), value: t(`source.${document.source}`) },
    { name: t('sheet.file'), value: document.file_name },
    { name: t('sheet.size'), value: document.size !== null && format.size(document.size) },
    { name: t('sheet.pages'), value: document.pages !== null && format.number(document.pages) },
    { name: t('sheet.passages'), value: document.chunks > 0 && format.number(document.chunks) },
    {
      name: t('sheet.refreshing'),
      value:
        document.source === 'page' &&
        (document.refresh_days === null
          ? t('refreshing.never')
          : t('refreshing.every', { count: document.refresh_days })),
    },
    { name: t('sheet.read'), value: document.read_at !== null && format.dateTime(document.read_at) },
    { name: t('sheet.added'), value: format.dateTime(document.created_at) },
    { name: t('sheet.updated'), value: format.dateTime(document.updated_at) },
  ].filter(({ value }) => value)
  return (
    <div className="flex flex-col gap-5">
      <section className="flex flex-col gap-3">
        <h3 className="sr-only">{t('sheet.state')}</h3>
        <div className="flex flex-wrap items-center gap-2">
          <StateBadge document={document} />
          {document.tags.map((tag) => (
            <Badge key={tag} tone="info">
              {tag}
            </Badge>
          ))}
        </div>
        {isWorked(document) && (
          <>
            <Progress document={document} />
            <Stages document={document} />
          </>
        )}
        <DocumentFailure document={document} />
        <div className="flex flex-wrap gap-2 empty:hidden">
          {document.file && (
            <a href={document.file.url} download={document.file.name} className={buttonClass('secondary')}>
              <Download size={16} aria-hidden />
              {t('sheet.download')}
            </a>
          )}
          {editable && (
            <>
              <Button variant="secondary" onClick={() => setAsking('edit')}>
                <Pencil size={16} aria-hidden />
                {t('edit.action')}
              </Button>
              {document.source === 'page' && !isWorked(document) && (
                <Button variant="secondary" busy={again.isPending} onClick={() => again.mutate('refresh')}>
                  <RefreshCw size={16} aria-hidden />
                  {t('refresh')}
                </Button>
              )}
              <Button variant="quiet-danger" data-testid="document-delete" onClick={() => setAsking('delete')}>
                <Trash2 size={16} aria-hidden />
                {t('delete.action')}
              </Button>
            </>
          )}
        </div>
      </section>
      {document.source === 'pair' && (
        <section className="flex flex-col gap-1">
          {document.question !== document.title && <h3 className="font-semibold">{document.question}</h3>}
          <p className="break-words whitespace-pre-wrap">{document.answer}</p>
        </section>
      )}
      {document.url && (
        <a href={document.url} target="_blank" rel="noopener noreferrer" className="break-all text-info underline">
          {document.url}
        </a>
      )}
      {document.changes && <PageChanges changes={document.changes} />}
      <section>
        <h3 className="mb-1 font-semibold">{t('sheet.facts')}</h3>
        <dl>
          {facts.map(({ name, value }) => (
            <div key={name} className="flex justify-between gap-4 border-b py-1.5 last:border-0">
              <dt className="shrink-0 text-fg-muted">{name}</dt>
              <dd className="min-w-0 text-right break-words tabular-nums">{value}</dd>
            </div>
          ))}
        </dl>
      </section>
      {asking === 'edit' && (
        <Suspense>
          <EditDialog document={document} onClose={() => setAsking(null)} />
        </Suspense>
      )}
      <ConfirmDialog
        open={asking === 'delete'}
        danger
        title={t('delete.title', { title: document.title })}
        description={t('delete.detail')}
        action={t('delete.action')}
        busy={remove.isPending}
        error={remove.isError && <ErrorState error={remove.error} />}
        onClose={() => setAsking(null)}
        onConfirm={() => remove.mutate(document.id, { onSuccess: onClose })}
      />
    </div>
  )
}
