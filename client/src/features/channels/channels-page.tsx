import { useQuery } from '@tanstack/react-query'
import { Plus, Smartphone } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { channelsQuery } from '@/api/queries'
import { useCan } from '@/lib/use-me'
import { Button } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'
import { ChannelCard } from './channel-card'

const ChannelForm = lazy(() => import('./channel-form'))
const ConnectDialog = lazy(() => import('./connect-dialog'))

export interface ChannelsSearch {
  /** The form of a new channel is open. */
  add?: true
  /** The channel whose code is shown. */
  connect?: string
}

interface Props {
  search: ChannelsSearch
  onSearch: (search: ChannelsSearch) => void
}

/** Asked for by the licence of Evolution API: whoever administers a system that uses it can read so there. */
function EvolutionNotice() {
  const { t } = useTranslation('channels')
  return (
    <p className="mt-4 text-sm text-fg-muted" data-testid="evolution-notice">
      {t('licence')}{' '}
      <a href="https://github.com/EvolutionAPI/evolution-api" rel="noreferrer" target="_blank" className="underline">
        {t('provider.evolution')}
      </a>
    </p>
  )
}

export function ChannelsPage({ search, onSearch }: Props) {
  const { t } = useTranslation(['channels', 'ui'])
  const allowed = useCan('channels:write')
  const query = useQuery(channelsQuery())
  const channels = query.data ?? []
  const connecting = channels.find((channel) => channel.id === search.connect)
  const add = allowed && (
    <Button onClick={() => onSearch({ add: true })} data-testid="channel-create">
      <Plus size={16} aria-hidden />
      {t('add')}
    </Button>
  )
  return (
    <Page title={t('title')} detail={t('detail')} actions={add}>
      {!allowed && <Notice tone="info">{t('ui:noPermission')}</Notice>}
      {query.isPending && <Loading rows={2} />}
      {query.isError && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && channels.length === 0 && (
        <div className="rounded-card border bg-surface">
          <EmptyState icon={Smartphone} title={t('emptyTitle')} detail={t('emptyDetail')} />
        </div>
      )}
      <ul className="grid gap-4 empty:hidden lg:grid-cols-2">
        {channels.map((channel) => (
          <li key={channel.id}>
            <ChannelCard
              channel={channel}
              others={channels.filter((other) => other.id !== channel.id)}
              editable={allowed}
              onConnect={() => onSearch({ connect: channel.id })}
            />
          </li>
        ))}
      </ul>
      {channels.some((channel) => channel.provider === 'evolution') && <EvolutionNotice />}
      <Suspense>
        {allowed && search.add && (
          <ChannelForm onClose={() => onSearch({})} onCreated={(id) => onSearch({ connect: id })} />
        )}
        {allowed && connecting && <ConnectDialog channel={connecting} onClose={() => onSearch({})} />}
      </Suspense>
    </Page>
  )
}
