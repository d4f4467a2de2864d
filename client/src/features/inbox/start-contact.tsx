import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { UserPlus } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'
import { phone } from '@/lib/format'
import { useCan } from '@/lib/use-me'
import { Button } from '@/ui/button'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { Loading } from '@/ui/loading'
import { foundContactsQuery } from './queries'

const WAIT = 300
/** Area code and number, in whatever way people write them. */
const PHONE = /^\+?(?:[\s().-]*\d){10,15}$/

/** To whom: somebody known, or a number that nobody here knows yet. */
export function StartContact({ onChoose }: { onChoose: (contactId: string) => void }) {
  const { t } = useTranslation('inbox')
  const mayAdd = useCan('contacts:write')
  const [text, setText] = useState('')
  const [q, setQ] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setQ(text.trim()), WAIT)
    return () => clearTimeout(timer)
  }, [text])
  const query = useQuery({ ...foundContactsQuery(q), placeholderData: keepPreviousData })
  const found = query.data ?? []
  const settled = q === text.trim() && !query.isFetching
  return (
    <div className="flex flex-col gap-3 pt-2">
      <Field label={t('writeFirst.search')}>
        {(ids) => (
          <Input
            {...ids}
            type="search"
            value={text}
            maxLength={200}
            onChange={(event) => setText(event.target.value)}
            data-testid="write-search"
          />
        )}
      </Field>
      {query.isPending && <Loading rows={3} />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      <ul aria-label={t('writeFirst.found')} aria-busy={!settled} className="divide-y empty:hidden">
        {found.map((contact) => (
          <li key={contact.id}>
            <button
              type="button"
              data-testid="write-choice"
              onClick={() => onChoose(contact.id)}
              className="flex min-h-11 w-full items-center justify-between gap-3 rounded-control px-2 py-1.5 text-left -outline-offset-2! hover:bg-surface-2"
            >
              <span className="min-w-0 truncate font-medium">{contact.name || phone(contact.phone)}</span>
              <span className="shrink-0 text-sm text-fg-muted tabular-nums">{phone(contact.phone)}</span>
            </button>
          </li>
        ))}
      </ul>
      {settled && query.data && found.length === 0 && (
        <p role="status" className="text-fg-muted">
          {q ? t('writeFirst.nobody') : t('writeFirst.noContacts')}
        </p>
      )}
      {settled && mayAdd && found.length === 0 && PHONE.test(q) && <AddNumber number={q} onAdded={onChoose} />}
    </div>
  )
}

function AddNumber({ number, onAdded }: { number: string; onAdded: (contactId: string) => void }) {
  const { t } = useTranslation('inbox')
  const client = useQueryClient()
  const add = useMutation({
    mutationFn: () => unwrap(api.POST('/api/v1/contacts', { body: { name: number, phone: number } })),
    onSuccess: (contact) => {
      void client.invalidateQueries({ queryKey: keys.contacts })
      onAdded(contact.id)
    },
  })
  return (
    <>
      {add.isError && <ErrorState error={add.error} />}
      <Button
        variant="secondary"
        busy={add.isPending}
        onClick={() => add.mutate()}
        className="self-start"
        data-testid="write-number"
      >
        <UserPlus size={16} aria-hidden />
        {t('writeFirst.addNumber', { number })}
      </Button>
    </>
  )
}
