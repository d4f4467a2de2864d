import { useIsFetching, useQueryClient } from '@tanstack/react-query'
import { RefreshCw } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { keys } from '@/api/keys'
import { useMay } from '@/lib/use-me'
import { Button } from '@/ui/button'
import { Loading } from '@/ui/loading'
import { NoAccess } from '@/ui/no-access'
import { Page } from '@/ui/page'
import { EventList } from './event-list'
import { Letters } from './letters'
import { QueueHealth } from './queue-health'
import type { EventsSearch } from './search'

const EventSheet = lazy(() => import('./event-sheet'))

interface Props {
  search: EventsSearch
  onSearch: (search: EventsSearch) => void
}

const tabClass =
  'inline-flex h-11 items-center border-b-2 border-transparent px-1 font-medium text-fg-muted hover:text-fg aria-pressed:border-brand aria-pressed:text-brand md:h-9'

export function EventsPage({ search, onSearch }: Props) {
  const { t } = useTranslation('events')
  const client = useQueryClient()
  const allowed = useMay('operations:read')
  const shown = search.tab === 'letters' ? keys.deadLetters : keys.events
  const busy = useIsFetching({ queryKey: shown }) > 0
  if (allowed === false)
    return (
      <Page title={t('title')}>
        <NoAccess>{t('noAccess')}</NoAccess>
      </Page>
    )
  const { event, ...rest } = search
  return (
    <Page
      title={t('title')}
      detail={t('detail')}
      actions={
        <Button
          variant="secondary"
          busy={busy}
          onClick={() => {
            void client.invalidateQueries({ queryKey: shown })
            void client.invalidateQueries({ queryKey: keys.queueHealth })
          }}
        >
          <RefreshCw size={16} aria-hidden />
          {t('refresh')}
        </Button>
      }
    >
      {allowed === undefined ? (
        <Loading rows={2} />
      ) : (
        <>
          <QueueHealth />
          <fieldset className="flex gap-5 border-b">
            <legend className="sr-only">{t('tabs')}</legend>
            {([undefined, 'letters'] as const).map((tab) => (
              <button
                key={tab ?? 'events'}
                type="button"
                aria-pressed={search.tab === tab}
                data-testid={`tab-${tab ?? 'events'}`}
                onClick={() => onSearch(tab ? { tab } : {})}
                className={tabClass}
              >
                {t(`tab.${tab ?? 'events'}`)}
              </button>
            ))}
          </fieldset>
          {search.tab === 'letters' ? (
            <Letters
              closed={search.closed ?? false}
              onClosed={(closed) => onSearch({ tab: 'letters', ...(closed ? { closed: true } : {}) })}
            />
          ) : (
            <EventList search={search} onSearch={onSearch} />
          )}
          {event && (
            <Suspense>
              <EventSheet id={event} onClose={() => onSearch(rest)} />
            </Suspense>
          )}
        </>
      )}
    </Page>
  )
}
