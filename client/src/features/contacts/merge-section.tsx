import { Merge, Undo2 } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ContactDetail } from '@/api/types'
import { useFormat } from '@/lib/use-format'
import { Button } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { useUndoMerge } from './mutations'
import { Section } from './section'

const MergeDialog = lazy(() => import('./merge-dialog'))

/** Contacts that became part of this one, of which the latest can be taken apart again. */
export function MergeSection({ contact, editable }: { contact: ContactDetail; editable: boolean }) {
  const { t } = useTranslation('contacts')
  const format = useFormat()
  const undo = useUndoMerge(contact.id)
  const [open, setOpen] = useState<'merge' | 'undo' | null>(null)
  return (
    <Section
      title={t('merge.title')}
      action={
        editable && (
          <Button variant="secondary" size="sm" data-testid="merge" onClick={() => setOpen('merge')}>
            <Merge size={14} aria-hidden />
            {t('merge.open')}
          </Button>
        )
      }
    >
      {contact.merges.length === 0 && <p className="text-fg-muted">{t('merge.none')}</p>}
      <ul className="divide-y empty:hidden">
        {contact.merges.map((merge) => (
          <li key={merge.id} className="flex min-h-11 flex-wrap items-center gap-2 py-1.5">
            <span className="min-w-0 flex-1">
              <span className="block break-words">{merge.name || t('nameless')}</span>
              <span className="block text-sm text-fg-muted">
                {merge.by ? t('merge.by', { name: merge.by }) : t('merge.byItself')} · {format.day(merge.created_at)}
                {merge.undone_at && ` · ${t('merge.undoneOn', { date: format.day(merge.undone_at) })}`}
              </span>
            </span>
            {editable && merge.can_undo && (
              <Button
                variant="ghost"
                size="sm"
                busy={undo.isPending}
                data-testid="undo-merge"
                onClick={() => setOpen('undo')}
              >
                <Undo2 size={14} aria-hidden />
                {t('merge.undo')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {open === 'merge' && (
        <Suspense>
          <MergeDialog contact={contact} onClose={() => setOpen(null)} />
        </Suspense>
      )}
      <ConfirmDialog
        open={open === 'undo'}
        title={t('merge.undoTitle')}
        description={t('merge.undoDetail')}
        action={t('merge.undo')}
        onClose={() => setOpen(null)}
        onConfirm={() => {
          setOpen(null)
          undo.mutate()
        }}
      />
    </Section>
  )
}
