import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'
import { useErrorText } from '@/lib/error-text'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { ErrorState } from '@/ui/error-state'
import { IconButton } from '@/ui/icon-button'
import { Input } from '@/ui/input'
import { Skeleton } from '@/ui/skeleton'
import { factsQuery } from './queries'

interface Props {
  contactId: string
  editable: boolean
}

/** What the assistant learnt about a contact: seen, corrected, added to and forgotten. */
export function ContactFacts({ contactId, editable }: Props) {
  const { t } = useTranslation('inbox')
  const query = useQuery(factsQuery(contactId))
  const drop = useFactChange(contactId)
  if (query.isPending) return <Skeleton className="h-5 w-2/3" />
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />
  return (
    <div className="flex flex-col gap-2">
      {query.data.length === 0 && <p className="text-fg-muted">{t('facts.none')}</p>}
      <dl className="flex flex-col gap-1 empty:hidden">
        {query.data.map((fact) => (
          <div key={fact.key} className="flex items-center gap-2">
            <dt className="text-fg-muted">{fact.key}</dt>
            <dd className="min-w-0 flex-1 text-right break-words">{fact.value}</dd>
            {editable && (
              <dd>
                <IconButton
                  label={t('facts.forget', { key: fact.key })}
                  onClick={() => drop.mutate({ key: fact.key, value: null })}
                >
                  <Trash2 size={14} aria-hidden />
                </IconButton>
              </dd>
            )}
          </div>
        ))}
      </dl>
      {editable && <FactForm contactId={contactId} />}
    </div>
  )
}

function FactForm({ contactId }: { contactId: string }) {
  const { t } = useTranslation('inbox')
  const change = useFactChange(contactId)
  const [key, setKey] = useState('')
  const [value, setValue] = useState('')
  const ready = key.trim() !== '' && value.trim() !== ''
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        if (!ready) return
        const clear = () => {
          setKey('')
          setValue('')
        }
        change.mutate({ key: key.trim().toLowerCase(), value: value.trim() }, { onSuccess: clear })
      }}
    >
      <div className="flex gap-2">
        <Input
          aria-label={t('facts.key')}
          placeholder={t('facts.key')}
          value={key}
          maxLength={40}
          onChange={(event) => setKey(event.target.value)}
        />
        <Input
          aria-label={t('facts.value')}
          placeholder={t('facts.value')}
          value={value}
          maxLength={300}
          onChange={(event) => setValue(event.target.value)}
        />
      </div>
      <Button type="submit" variant="secondary" className="self-end" disabled={!ready} busy={change.isPending}>
        {t('facts.note')}
      </Button>
    </form>
  )
}

/** With `value` null the fact is forgotten. */
function useFactChange(contactId: string) {
  const client = useQueryClient()
  const text = useErrorText()
  return useMutation({
    mutationFn: async ({ key, value }: { key: string; value: string | null }) => {
      const params = { path: { contact_id: contactId, key } }
      if (value === null) await unwrap(api.DELETE('/api/v1/contacts/{contact_id}/facts/{key}', { params }))
      else await unwrap(api.PUT('/api/v1/contacts/{contact_id}/facts/{key}', { params, body: { value } }))
    },
    onSuccess: () => client.invalidateQueries({ queryKey: keys.facts(contactId) }),
    onError: (error) => toast('error', text(error)),
  })
}
