import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { MessagesSquare, Pencil, SquarePen } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { conversationsOfQuery } from '@/api/queries'
import type { ContactDetail } from '@/api/types'
import { phone } from '@/lib/format'
import { useFormat } from '@/lib/use-format'
import { useCan } from '@/lib/use-me'
import { Badge } from '@/ui/badge'
import { Button, buttonClass } from '@/ui/button'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { Notice } from '@/ui/notice'
import { Sheet } from '@/ui/sheet'
import { ConsentSection } from './consent-section'
import ContactForm from './contact-form'
import { useContactName } from './contact-words'
import { EraseContact } from './erase-contact'
import { MergeSection } from './merge-section'
import { contactQuery } from './queries'
import { Section } from './section'

/** One contact: who it is, what it wants, what was spoken, with whom it was made one. */
export default function ContactSheet({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation('contacts')
  const nameOf = useContactName()
  const query = useQuery(contactQuery(id))
  return (
    <Sheet title={query.data ? nameOf(query.data) : t('sheet.title')} onClose={onClose}>
      {query.isPending && <Loading rows={3} />}
      {query.isError && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && <Detail contact={query.data} onClose={onClose} />}
    </Sheet>
  )
}

function Detail({ contact, onClose }: { contact: ContactDetail; onClose: () => void }) {
  const { t } = useTranslation('contacts')
  const format = useFormat()
  const mayWrite = useCan('contacts:write')
  const mayManage = useCan('contacts:manage')
  const [editing, setEditing] = useState(false)
  const fields = Object.entries(contact.fields as Record<string, unknown>).filter(([, value]) => value !== null)
  return (
    <div className="flex flex-col gap-6">
      <div className="flex flex-col gap-2 empty:hidden">
        {contact.blocked_at && (
          <Notice tone="danger">{t('sheet.blockedSince', { date: format.day(contact.blocked_at) })}</Notice>
        )}
        {contact.over_limit && <Notice tone="warn">{t('sheet.overLimit')}</Notice>}
      </div>
      <Section
        title={t('sheet.who')}
        action={
          mayWrite && (
            <Button variant="secondary" size="sm" onClick={() => setEditing(true)}>
              <Pencil size={14} aria-hidden />
              {t('sheet.edit')}
            </Button>
          )
        }
      >
        <dl>
          <Fact name={t('sheet.phone')}>{contact.phone ? phone(contact.phone) : t('noPhone')}</Fact>
          {contact.aliases
            .filter(({ kind, value }) => kind !== 'phone' || `+${value}` !== contact.phone)
            .map(({ kind, value }) => (
              <Fact key={kind + value} name={t(`alias.${kind}`)}>
                {kind === 'phone' ? phone(value) : kind === 'username' ? `@${value}` : value}
              </Fact>
            ))}
          <Fact name={t('sheet.since')}>{format.day(contact.created_at)}</Fact>
          {fields.map(([name, value]) => (
            <Fact key={name} name={name}>
              {String(value)}
            </Fact>
          ))}
        </dl>
        {contact.tags.length > 0 && (
          <ul aria-label={t('sheet.tags')} className="mt-3 flex flex-wrap gap-1.5">
            {contact.tags.map((tag) => (
              <li key={tag}>
                <Badge tone="info">{tag}</Badge>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <ConsentSection contact={contact} editable={mayWrite} />
      <Conversations id={contact.id} />
      <MergeSection contact={contact} editable={mayWrite} />
      {mayManage && <EraseContact contact={contact} onErased={onClose} />}
      {editing && <ContactForm contact={contact} onClose={() => setEditing(false)} onSaved={() => setEditing(false)} />}
    </div>
  )
}

function Conversations({ id }: { id: string }) {
  const { t } = useTranslation('contacts')
  const format = useFormat()
  const mayWrite = useCan('conversations:write')
  const query = useQuery(conversationsOfQuery(id))
  return (
    <Section
      title={t('sheet.conversations')}
      action={
        mayWrite && (
          <Link to="/inbox" search={{ write: id }} data-testid="write" className={buttonClass('secondary', 'sm')}>
            <SquarePen size={14} aria-hidden />
            {t('sheet.write')}
          </Link>
        )
      }
    >
      {query.isPending && <Loading rows={1} />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data?.items.length === 0 && <p className="text-fg-muted">{t('sheet.noConversations')}</p>}
      <ul className="divide-y empty:hidden">
        {query.data?.items.map((conversation) => (
          <li key={conversation.id}>
            <Link
              to="/inbox/$conversationId"
              params={{ conversationId: conversation.id }}
              className="flex min-h-11 items-center gap-3 py-2 hover:bg-surface-2"
            >
              <MessagesSquare size={16} aria-hidden className="shrink-0 text-fg-muted" />
              <span className="min-w-0 flex-1 truncate">
                {conversation.last_message?.text || conversation.channel.name}
              </span>
              <span className="shrink-0 text-sm text-fg-muted">
                {t(`state.${conversation.state}`)} · {format.brief(conversation.updated_at)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-4 border-b py-1.5 last:border-0">
      <dt className="shrink-0 text-fg-muted">{name}</dt>
      <dd className="min-w-0 text-right break-all tabular-nums">{children}</dd>
    </div>
  )
}
