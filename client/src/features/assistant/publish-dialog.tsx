import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Assistant } from '@/api/types'
import { toast } from '@/lib/toast'
import { useMe } from '@/lib/use-me'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Loading } from '@/ui/loading'
import { Textarea } from '@/ui/textarea'
import { ChangeList } from './change-list'
import { usePublish } from './mutations'
import { diffQuery, runQuery } from './queries'
import { RefusedTests, refusalOf } from './refused-tests'
import { RunProgress } from './run-progress'

/** What contacts will meet, and what stands in the way: tests that still run, or that failed. */
export default function PublishDialog({ assistant, onClose }: { assistant: Assistant; onClose: () => void }) {
  const { t } = useTranslation('assistant')
  const publish = usePublish(assistant.id)
  const isOwner = useMe()?.role === 'owner'
  const [note, setNote] = useState('')
  const [reason, setReason] = useState('')
  const refusal = refusalOf(publish.error)
  const waitsFor = refusal?.kind === 'untested' ? refusal.runId : null
  const go = (override?: string) =>
    publish.mutate(
      { note: note.trim() || null, override_reason: override ?? null },
      {
        onSuccess: () => {
          toast('success', t('publishedNow'))
          onClose()
        },
      },
    )
  const run = useQuery({ ...runQuery(waitsFor ?? ''), enabled: waitsFor !== null }).data
  // Asked for already: it goes on by itself once the tests have run.
  const finished = run?.state === 'finished' && run.id === waitsFor
  const again = useRef(go)
  useEffect(() => {
    again.current = go
  })
  useEffect(() => {
    if (finished) again.current()
  }, [finished])
  return (
    <Dialog open onClose={onClose} title={t('publishing.title')} description={t('publishing.detail')} size="lg">
      <div className="flex flex-col gap-4 pt-2">
        <Changes assistant={assistant} />
        <Field label={t('publishing.note')} hint={t('publishing.noteHint')}>
          {(ids) => (
            <Textarea
              {...ids}
              rows={2}
              maxLength={500}
              value={note}
              onChange={(event) => setNote(event.target.value)}
            />
          )}
        </Field>
        {publish.isError && !refusal && <ErrorState error={publish.error} />}
        {waitsFor && (
          <div role="status" className="flex flex-col gap-2 rounded-control bg-info-soft p-3">
            <p className="text-info">{t('publishing.testing')}</p>
            {run && <RunProgress run={run} />}
          </div>
        )}
        {refusal?.kind === 'failed' && <RefusedTests refusal={refusal} />}
        {refusal && isOwner && (
          <Field label={t('publishing.override')} hint={t('publishing.overrideHint')}>
            {(ids) => (
              <Textarea
                {...ids}
                rows={2}
                maxLength={500}
                value={reason}
                data-testid="override-reason"
                onChange={(event) => setReason(event.target.value)}
              />
            )}
          </Field>
        )}
        {refusal?.kind === 'failed' && !isOwner && <p className="text-fg-muted">{t('publishing.ownerOnly')}</p>}
        <div className="flex flex-wrap justify-end gap-2">
          {refusal && isOwner && (
            <Button
              variant="danger"
              disabled={!reason.trim()}
              busy={publish.isPending}
              data-testid="publish-anyway"
              onClick={() => go(reason.trim())}
            >
              {t('publishing.anyway')}
            </Button>
          )}
          <Button busy={publish.isPending} data-testid="publish-confirm" onClick={() => go()}>
            {publish.isPending ? t('publishing.busy') : refusal ? t('publishing.again') : t('publish')}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}

function Changes({ assistant }: { assistant: Assistant }) {
  const { t } = useTranslation('assistant')
  const from = assistant.published_version
  const query = useQuery({ ...diffQuery(assistant.id, from ?? 0), enabled: from !== null })
  if (from === null) return <p>{t('publishing.first')}</p>
  if (query.isPending) return <Loading rows={1} />
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />
  return (
    <section>
      <h3 className="mb-2 font-semibold">{t('publishing.changes')}</h3>
      <ChangeList changes={query.data.changes} />
    </section>
  )
}
