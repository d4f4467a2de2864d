import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Ban, Phone, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Conversation } from '@/api/types'
import { phone } from '@/lib/format'
import { useFormat } from '@/lib/use-format'
import { useCan } from '@/lib/use-me'
import { Avatar } from '@/ui/avatar'
import { ErrorState } from '@/ui/error-state'
import { IconButton } from '@/ui/icon-button'
import { Notice } from '@/ui/notice'
import { Skeleton } from '@/ui/skeleton'
import { AnalysisSection } from './analysis-section'
import { BlockContact } from './block-contact'
import { ContactFacts } from './contact-facts'
import { ContactName } from './contact-name'
import { ContactTags } from './contact-tags'
import { ConversationSummary } from './conversation-summary'
import { PanelSection } from './panel-section'
import { contactQuery } from './queries'
import { useHandoffReason } from './use-handoff-reason'

interface Props {
  conversation: Conversation
  onClose: () => void
}

export function ContactPanel({ conversation, onClose }: Props) {
  const { t } = useTranslation('inbox')
  const format = useFormat()
  const reason = useHandoffReason()
  const allowed = useCan('contacts:write')
  const answers = useCan('conversations:write')
  const query = useQuery(contactQuery(conversation.contact.id))
  const contact = query.data
  const aliases = contact?.aliases.filter((alias) => `+${alias.value}` !== contact.phone) ?? []
  const fields = Object.entries((contact?.fields ?? {}) as Record<string, unknown>).filter(
    ([, value]) => value !== null,
  )
  return (
    <aside aria-label={t('panel.title')} className="flex h-full min-h-0 flex-col overflow-y-auto bg-surface">
      <div className="flex justify-end p-1">
        <IconButton label={t('closePanel')} onClick={onClose}>
          <X size={16} aria-hidden />
        </IconButton>
      </div>
      <div className="flex flex-col items-center gap-2 px-4 pb-4 text-center">
        <Avatar name={contact?.name ?? conversation.contact.name} large />
        <ContactName
          id={conversation.contact.id}
          name={contact?.name ?? conversation.contact.name}
          editable={allowed}
        />
        {contact && (
          <p className="text-sm text-fg-muted">{t('panel.since', { date: format.day(contact.created_at) })}</p>
        )}
      </div>
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} className="mx-4 mb-4" />}
      {query.isPending && (
        <div className="flex flex-col gap-3 px-4">
          <Skeleton className="h-5 w-2/3" />
          <Skeleton className="h-5 w-1/2" />
        </div>
      )}
      {contact && (
        <>
          <div className="flex flex-col gap-2 px-4 pb-4 empty:hidden">
            {contact.blocked_at && (
              <Notice tone="danger">{t('panel.blockedSince', { date: format.day(contact.blocked_at) })}</Notice>
            )}
            {contact.opted_out_at && (
              <Notice tone="warn">{t('panel.optedOut', { date: format.day(contact.opted_out_at) })}</Notice>
            )}
            {contact.over_limit && <Notice tone="warn">{t('panel.overLimit')}</Notice>}
          </div>
          <PanelSection title={t('panel.phone')}>
            <p className="flex items-center gap-2 tabular-nums">
              <Phone size={14} aria-hidden className="text-fg-muted" />
              {contact.phone ? phone(contact.phone) : t('panel.noPhone')}
            </p>
            <p className="mt-1 text-sm text-fg-muted">
              {t('panel.channel')}: {conversation.channel.name}
            </p>
          </PanelSection>
          <p className="px-4 pb-3">
            <Link to="/contacts" search={{ who: contact.id }} className="font-medium text-brand underline">
              {t('panel.open')}
            </Link>
          </p>
          <PanelSection title={t('panel.tags')}>
            <ContactTags contact={contact} editable={allowed} />
          </PanelSection>
          {conversation.handoff && (
            <PanelSection title={t('panel.handoff')}>
              <p className="rounded-control bg-warn-soft px-2.5 py-2 text-warn">
                {conversation.handoff.note ?? reason(conversation.handoff)}
              </p>
            </PanelSection>
          )}
          <PanelSection title={t('summary.title')}>
            <ConversationSummary conversationId={conversation.id} editable={answers} />
          </PanelSection>
          <PanelSection title={t('facts.title')}>
            <ContactFacts contactId={contact.id} editable={allowed} />
          </PanelSection>
          <AnalysisSection conversation={conversation} />
          {fields.length > 0 && (
            <PanelSection title={t('panel.fields')}>
              <Facts facts={fields.map(([name, value]) => [name, String(value)])} />
            </PanelSection>
          )}
          {aliases.length > 0 && (
            <PanelSection title={t('panel.aliases')} folded>
              <Facts
                facts={aliases.map(({ kind, value }) => [
                  t(`panel.alias.${kind}`),
                  kind === 'phone' ? phone(value) : kind === 'username' ? `@${value}` : value,
                ])}
              />
            </PanelSection>
          )}
          {allowed && (
            <div className="border-t p-4">
              <BlockContact contact={contact} icon={<Ban size={16} aria-hidden />} />
            </div>
          )}
        </>
      )}
    </aside>
  )
}

function Facts({ facts }: { facts: [string, string][] }) {
  return (
    <dl className="flex flex-col gap-1.5">
      {facts.map(([name, value]) => (
        <div key={`${name}${value}`} className="flex justify-between gap-3">
          <dt className="text-fg-muted">{name}</dt>
          <dd className="min-w-0 text-right break-all">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
