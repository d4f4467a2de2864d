import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Contact } from '@/api/types'
import { phone } from '@/lib/format'
import { Avatar } from '@/ui/avatar'
import { Badge } from '@/ui/badge'
import { useContactName } from './contact-words'

/** The whole row opens the contact's sheet. */
export const ContactRow = memo(function ContactRow({ contact }: { contact: Contact }) {
  const { t } = useTranslation('contacts')
  const nameOf = useContactName()
  const username = contact.aliases.find((alias) => alias.kind === 'username')?.value
  return (
    <li className="[contain-intrinsic-size:auto_64px] [content-visibility:auto]">
      <Link
        to="/contacts"
        search={(before) => ({ ...before, who: contact.id })}
        data-testid="contact-row"
        className="flex min-h-16 items-center gap-3 px-4 py-2 -outline-offset-2! hover:bg-surface-2"
      >
        <Avatar name={nameOf(contact)} />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium">{nameOf(contact)}</span>
          <span className="block truncate text-sm text-fg-muted tabular-nums">
            {contact.phone ? phone(contact.phone) : username ? `@${username}` : t('noPhone')}
          </span>
        </span>
        <span className="flex max-w-[45%] flex-wrap justify-end gap-1 empty:hidden">
          {contact.blocked_at && <Badge tone="danger">{t('blocked')}</Badge>}
          {contact.opted_out_at && <Badge tone="warn">{t('optedOut')}</Badge>}
          {contact.tags.slice(0, 2).map((tag) => (
            <Badge key={tag} tone="info" className="max-w-32 truncate">
              {tag}
            </Badge>
          ))}
          {contact.tags.length > 2 && <Badge>{`+${contact.tags.length - 2}`}</Badge>}
        </span>
      </Link>
    </li>
  )
})
