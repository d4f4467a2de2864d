import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowLeft, Smartphone } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { channelsQuery, conversationsOfQuery } from '@/api/queries'
import type { ContactDetail, Conversation } from '@/api/types'
import { Button, buttonClass } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Loading } from '@/ui/loading'
import { Notice } from '@/ui/notice'
import { Select } from '@/ui/select'
import { FirstMessage } from './first-message'

interface Props {
  contact: ContactDetail
  onBack?: (() => void) | undefined
  onStarted: (conversationId: string) => void
}

/** By which channel, and what; on a channel where only a template may come first, a template. */
export function StartForm({ contact, onBack, onStarted }: Props) {
  const { t } = useTranslation('inbox')
  const channels = useQuery(channelsQuery())
  const threads = useQuery(conversationsOfQuery(contact.id))
  const [picked, setPicked] = useState<string | null>(null)
  if (channels.isError || threads.isError) return <ErrorState error={channels.error ?? threads.error} />
  if (!channels.data || !threads.data) return <Loading rows={2} />
  const known = threads.data.items
  const usual = known.find((thread) => channels.data.some(({ id }) => id === thread.channel.id))?.channel.id
  const connected = channels.data.find((each) => each.state === 'connected') ?? channels.data[0]
  const channel = channels.data.find(({ id }) => id === (picked ?? usual)) ?? connected
  if (!channel)
    return (
      <EmptyState
        icon={Smartphone}
        title={t('writeFirst.noChannel')}
        action={
          <Link to="/channels" className={buttonClass('primary')}>
            {t('emptyAction')}
          </Link>
        }
      />
    )
  if (contact.blocked_at) return <Notice tone="danger">{t('composer.blocked')}</Notice>
  const thread = known.find((each) => each.channel.id === channel.id)
  return (
    <div className="flex flex-col gap-4 pt-2">
      {onBack && (
        <Button variant="ghost" size="sm" onClick={onBack} className="-ml-2 self-start">
          <ArrowLeft size={16} aria-hidden />
          {t('writeFirst.back')}
        </Button>
      )}
      <Field label={t('writeFirst.channel')}>
        {(ids) => (
          <Select
            {...ids}
            value={channel.id}
            onChange={(event) => setPicked(event.target.value)}
            data-testid="write-channel"
          >
            {channels.data.map((each) => (
              <option key={each.id} value={each.id}>
                {each.name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {channel.state !== 'connected' && (
        <Notice tone="warn">{t('composer.channelDown', { name: channel.name })}</Notice>
      )}
      {contact.opted_out_at && <Notice tone="warn">{t('composer.optedOut')}</Notice>}
      {thread ? (
        <Notice tone="info">{t('writeFirst.goesOn')}</Notice>
      ) : (
        !channel.capabilities.official && <Notice tone="info">{t('writeFirst.paced')}</Notice>
      )}
      <FirstMessage
        key={channel.id}
        channelId={channel.id}
        contactId={contact.id}
        templateOnly={(channel.capabilities.window_24h ?? false) && !isOpen(thread)}
        onStarted={onStarted}
      />
    </div>
  )
}

const isOpen = (thread: Conversation | undefined): boolean =>
  thread?.window_expires_at != null && Date.parse(thread.window_expires_at) > Date.now()
