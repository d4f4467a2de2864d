import { X } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Contact } from '@/api/types'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Input } from '@/ui/input'
import { useContactChange } from './mutations'

export function ContactTags({ contact, editable }: { contact: Contact; editable: boolean }) {
  const { t } = useTranslation('inbox')
  const change = useContactChange(contact.id)
  const [text, setText] = useState('')
  const add = () => {
    const tag = text.trim()
    if (!tag || contact.tags.includes(tag)) return setText('')
    change.mutate({ tags: [...contact.tags, tag] }, { onSuccess: () => setText('') })
  }
  return (
    <div className="flex flex-col gap-2">
      {contact.tags.length === 0 && <p className="text-fg-muted">{t('panel.noTags')}</p>}
      <ul className="flex flex-wrap gap-1.5 empty:hidden">
        {contact.tags.map((tag) => (
          <li key={tag}>
            <Badge tone="info">
              {tag}
              {editable && (
                <button
                  type="button"
                  aria-label={t('panel.removeTag', { tag })}
                  onClick={() => change.mutate({ tags: contact.tags.filter((other) => other !== tag) })}
                  className="-mr-1.5 inline-flex size-6 items-center justify-center rounded-full"
                >
                  <X size={12} aria-hidden />
                </button>
              )}
            </Badge>
          </li>
        ))}
      </ul>
      {editable && (
        <form
          className="flex gap-2"
          onSubmit={(event) => {
            event.preventDefault()
            add()
          }}
        >
          <Input
            aria-label={t('panel.addTag')}
            placeholder={t('panel.addTag')}
            value={text}
            maxLength={40}
            onChange={(event) => setText(event.target.value)}
          />
          <Button type="submit" variant="secondary" disabled={!text.trim()} busy={change.isPending}>
            {t('panel.add')}
          </Button>
        </form>
      )}
    </div>
  )
}
