import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/api/errors'
import type { Contact, ContactPatch } from '@/api/types'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { tagsIn } from './contact-words'
import { useChangeContact, useCreateContact } from './mutations'

interface Props {
  /** Without it a new one is made. */
  contact?: Contact
  onSaved: (contact: Contact) => void
  onClose: () => void
}

export default function ContactForm({ contact, onSaved, onClose }: Props) {
  const { t } = useTranslation(['contacts', 'ui'])
  const create = useCreateContact()
  const change = useChangeContact(contact?.id ?? '')
  const { error, isPending } = contact ? change : create
  const [name, setName] = useState(contact?.name ?? '')
  const [phone, setPhone] = useState(contact?.phone ?? '')
  const [tags, setTags] = useState(contact?.tags.join(', ') ?? '')
  const badPhone = error instanceof ApiError && error.fields.some(({ pointer }) => pointer === '/phone')
  const submit = () => {
    if (!contact)
      return create.mutate({ name: name.trim(), phone: phone.trim(), tags: tagsIn(tags) }, { onSuccess: onSaved })
    const patch: ContactPatch = {
      tags: tagsIn(tags),
      ...(name.trim() && name.trim() !== contact.name ? { name: name.trim() } : {}),
      ...(phone.trim() && phone.trim() !== contact.phone ? { phone: phone.trim() } : {}),
    }
    change.mutate(patch, { onSuccess: onSaved })
  }
  return (
    <Dialog open onClose={onClose} title={contact ? t('form.edit') : t('form.new')} size="sm">
      <form
        className="flex flex-col gap-4 pt-2"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Field label={t('form.name')}>
          {(ids) => (
            <Input
              {...ids}
              value={name}
              maxLength={120}
              required={!contact}
              autoComplete="off"
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field
          label={t('form.phone')}
          hint={contact ? t('form.phoneMore') : t('form.phoneHint')}
          error={badPhone ? t('form.phoneBad') : undefined}
        >
          {(ids) => (
            <Input
              {...ids}
              type="tel"
              value={phone}
              maxLength={25}
              required={!contact}
              autoComplete="off"
              onChange={(event) => setPhone(event.target.value)}
            />
          )}
        </Field>
        <Field label={t('form.tags')} hint={t('form.tagsHint')}>
          {(ids) => <Input {...ids} value={tags} onChange={(event) => setTags(event.target.value)} />}
        </Field>
        {error && !badPhone && <ErrorState error={error} />}
        <Button type="submit" busy={isPending} className="self-end">
          {t('ui:save')}
        </Button>
      </form>
    </Dialog>
  )
}
