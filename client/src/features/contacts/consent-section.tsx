import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ContactDetail } from '@/api/types'
import { useFormat } from '@/lib/use-format'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { Notice } from '@/ui/notice'
import { useChangeContact } from './mutations'
import { Section } from './section'

/** Whether the contact wants automatic messages, since when, and in whose words. */
export function ConsentSection({ contact, editable }: { contact: ContactDetail; editable: boolean }) {
  const { t } = useTranslation('contacts')
  const format = useFormat()
  const [asking, setAsking] = useState(false)
  const out = contact.opted_out_at
  return (
    <Section
      title={t('consent.title')}
      action={
        editable && (
          <Button variant="secondary" size="sm" data-testid="consent-change" onClick={() => setAsking(true)}>
            {out ? t('consent.in') : t('consent.out')}
          </Button>
        )
      }
    >
      {out ? (
        <Notice tone="warn">{t('consent.outSince', { date: format.dateTime(out) })}</Notice>
      ) : (
        <p className="text-fg-muted">{t('consent.may')}</p>
      )}
      <ul className="mt-2 flex flex-col gap-1 text-sm empty:hidden">
        {contact.consents.map((consent) => (
          <li key={consent.at + consent.wish} className="flex justify-between gap-3">
            <span className="min-w-0 break-words">
              {t(`consent.was.${consent.wish}`)}
              {consent.text && `: “${consent.text}”`}
              {consent.by && ` (${consent.by})`}
            </span>
            <time dateTime={consent.at} className="shrink-0 text-fg-muted">
              {format.dateTime(consent.at)}
            </time>
          </li>
        ))}
      </ul>
      {asking && <ConsentDialog contact={contact} onClose={() => setAsking(false)} />}
    </Section>
  )
}

function ConsentDialog({ contact, onClose }: { contact: ContactDetail; onClose: () => void }) {
  const { t } = useTranslation(['contacts', 'ui'])
  const change = useChangeContact(contact.id)
  const [reason, setReason] = useState('')
  const out = !contact.opted_out_at
  return (
    <Dialog
      open
      onClose={onClose}
      size="sm"
      title={out ? t('consent.out') : t('consent.in')}
      description={out ? t('consent.outDetail') : t('consent.inDetail')}
    >
      <form
        className="flex flex-col gap-4 pt-2"
        onSubmit={(event) => {
          event.preventDefault()
          change.mutate({ opted_out: out, opt_out_reason: reason.trim() }, { onSuccess: onClose })
        }}
      >
        <Field label={t('consent.reason')} hint={t('consent.reasonHint')}>
          {(ids) => (
            <Input
              {...ids}
              value={reason}
              maxLength={500}
              required
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        {change.isError && <ErrorState error={change.error} />}
        <Button type="submit" busy={change.isPending} disabled={!reason.trim()} className="self-end">
          {t('ui:save')}
        </Button>
      </form>
    </Dialog>
  )
}
