import { useInfiniteQuery } from '@tanstack/react-query'
import { ArrowLeft, Search } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Contact } from '@/api/types'
import { phone } from '@/lib/format'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { Loading } from '@/ui/loading'
import { useContactName } from './contact-words'
import { useMergeContacts } from './mutations'
import { contactsQuery } from './queries'

interface Props {
  contact: Contact
  onClose: () => void
}

/** Which other contact is the same person, and what becomes of both. */
export default function MergeDialog({ contact, onClose }: Props) {
  const { t } = useTranslation('contacts')
  const nameOf = useContactName()
  const [other, setOther] = useState<Contact | null>(null)
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('merge.dialogTitle', { name: nameOf(contact) })}
      description={t('merge.dialogDetail')}
    >
      {other ? (
        <Preview kept={contact} lost={other} onBack={() => setOther(null)} onClose={onClose} />
      ) : (
        <Choice contact={contact} onChoose={setOther} />
      )}
    </Dialog>
  )
}

function Choice({ contact, onChoose }: { contact: Contact; onChoose: (other: Contact) => void }) {
  const { t } = useTranslation('contacts')
  const nameOf = useContactName()
  const [text, setText] = useState('')
  const [q, setQ] = useState('')
  const query = useInfiniteQuery({ ...contactsQuery({ q, tag: '', out: '' }), enabled: q !== '' })
  const found = (query.data?.pages[0]?.items ?? []).filter(({ id }) => id !== contact.id).slice(0, 20)
  return (
    <div className="flex flex-col gap-3 pt-2">
      <form
        className="flex items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          setQ(text.trim())
        }}
      >
        <Field label={t('merge.search')} className="flex-1">
          {(ids) => (
            <Input {...ids} type="search" value={text} maxLength={200} onChange={(e) => setText(e.target.value)} />
          )}
        </Field>
        <Button type="submit" variant="secondary">
          <Search size={16} aria-hidden />
          {t('filter.find')}
        </Button>
      </form>
      {q && query.isPending && <Loading rows={1} />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && found.length === 0 && <p className="text-fg-muted">{t('nothingMatches')}</p>}
      <ul aria-label={t('merge.found')} className="divide-y empty:hidden">
        {found.map((other) => (
          <li key={other.id}>
            <button
              type="button"
              data-testid="merge-choice"
              onClick={() => onChoose(other)}
              className="flex min-h-11 w-full items-center justify-between gap-3 rounded-control px-2 py-1.5 text-left hover:bg-surface-2"
            >
              <span className="min-w-0 truncate font-medium">{nameOf(other)}</span>
              <span className="shrink-0 text-sm text-fg-muted tabular-nums">
                {other.phone ? phone(other.phone) : t('noPhone')}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}

interface PreviewProps {
  kept: Contact
  lost: Contact
  onBack: () => void
  onClose: () => void
}

function Preview({ kept, lost, onBack, onClose }: PreviewProps) {
  const { t } = useTranslation('contacts')
  const merge = useMergeContacts(kept.id)
  const phones = [kept.phone, lost.phone].filter((each): each is string => Boolean(each))
  const rows = [
    { name: t('form.name'), value: kept.name || lost.name || t('nameless') },
    { name: t('sheet.phone'), value: phones.map(phone).join(', ') || t('noPhone') },
    { name: t('sheet.tags'), value: [...new Set([...kept.tags, ...lost.tags])].join(', ') || '—' },
    {
      name: t('consent.title'),
      value: kept.opted_out_at || lost.opted_out_at ? t('optedOut') : t('consent.may'),
    },
  ]
  return (
    <div className="flex flex-col gap-4 pt-2">
      <h3 className="font-semibold">{t('merge.becomes')}</h3>
      <dl data-testid="merge-preview">
        {rows.map(({ name, value }) => (
          <div key={name} className="flex justify-between gap-4 border-b py-1.5 last:border-0">
            <dt className="shrink-0 text-fg-muted">{name}</dt>
            <dd className="min-w-0 text-right break-words">{value}</dd>
          </div>
        ))}
      </dl>
      <p className="text-fg-muted">{t('merge.becomesDetail')}</p>
      {merge.isError && <ErrorState error={merge.error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button variant="ghost" onClick={onBack}>
          <ArrowLeft size={16} aria-hidden />
          {t('merge.back')}
        </Button>
        <Button
          busy={merge.isPending}
          data-testid="merge-confirm"
          onClick={() => merge.mutate(lost, { onSuccess: onClose })}
        >
          {t('merge.confirm')}
        </Button>
      </div>
    </div>
  )
}
