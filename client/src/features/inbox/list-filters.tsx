import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Search, SquarePen } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { channelsQuery } from '@/api/queries'
import { cn } from '@/lib/cn'
import { useShortcut } from '@/lib/shortcuts'
import { useCan } from '@/lib/use-me'
import { Chip } from '@/ui/chip'
import { IconButton } from '@/ui/icon-button'
import { Input } from '@/ui/input'
import { countsQuery } from './queries'
import { type InboxSearch, SOMEBODY, VIEWS } from './search'

const WAIT = 300

export function ListFilters({ search }: { search: InboxSearch }) {
  const { t } = useTranslation('inbox')
  const navigate = useNavigate()
  const counts = useQuery(countsQuery()).data
  const channels = useQuery(channelsQuery()).data ?? []
  const mayWrite = useCan('conversations:write')
  const field = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(search.q ?? '')
  useShortcut('search', '/', () => field.current?.focus())

  const change = (part: { [K in keyof InboxSearch]?: InboxSearch[K] | undefined }) =>
    void navigate({ to: '.', search: (before) => ({ ...before, ...part }), replace: true })

  const urlText = search.q ?? ''
  const asked = useRef(urlText)
  useEffect(() => {
    // The URL changed by other means: a cleared filter, or the back button.
    if (urlText !== asked.current) {
      asked.current = urlText
      setText(urlText)
    }
  }, [urlText])
  useEffect(() => {
    const wanted = text.trim()
    if (wanted === asked.current) return
    const timer = setTimeout(() => {
      asked.current = wanted
      void navigate({ to: '.', search: (before) => ({ ...before, q: wanted || undefined }), replace: true })
    }, WAIT)
    return () => clearTimeout(timer)
  }, [text, navigate])

  const view = search.view ?? 'all'
  return (
    <div className="flex flex-col gap-2.5 p-3">
      <div className="flex items-center gap-1">
        <div className="relative min-w-0 flex-1">
          <Search
            size={16}
            aria-hidden
            className="pointer-events-none absolute top-1/2 left-3 -translate-y-1/2 text-fg-muted"
          />
          <Input
            ref={field}
            type="search"
            aria-label={t('search')}
            placeholder={t('search')}
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => event.key === 'Escape' && (text ? setText('') : event.currentTarget.blur())}
            className="pl-9"
          />
        </div>
        {mayWrite && (
          <IconButton
            label={t('writeFirst.open')}
            data-testid="write-first"
            onClick={() => change({ write: SOMEBODY })}
          >
            <SquarePen size={18} aria-hidden />
          </IconButton>
        )}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot scroll sideways in every browser we serve */}
      <div
        role="group"
        aria-label={t('views')}
        className="relative -mx-3 flex gap-1 overflow-x-auto px-3 py-1 [scrollbar-width:none]"
      >
        {VIEWS.map((each) => {
          const count = counts && each !== 'resolved' ? counts[each] : undefined
          return (
            <Chip
              key={each}
              size="sm"
              pressed={view === each}
              data-view={each}
              onClick={() => change({ view: each === 'all' ? undefined : each })}
            >
              {t(`tabs.${each}`)}
              {count !== undefined && count > 0 && (
                <span className={cn('tabular-nums', each === 'queued' && 'font-semibold text-warn')}>
                  <span aria-hidden>{count}</span>
                  <span className="sr-only">{t('countLabel', { count })}</span>
                </span>
              )}
            </Chip>
          )
        })}
        <Chip
          size="sm"
          pressed={search.unread ?? false}
          onClick={() => change({ unread: search.unread ? undefined : true })}
        >
          {t('unreadOnly')}
        </Chip>
        {channels.length > 1 && (
          <select
            aria-label={t('channelFilter')}
            value={search.channel ?? ''}
            onChange={(event) => change({ channel: event.target.value || undefined })}
            className="h-11 shrink-0 rounded-full border border-line-strong bg-surface px-2 text-sm text-fg-muted md:h-7"
          >
            <option value="">{t('allChannels')}</option>
            {channels.map((channel) => (
              <option key={channel.id} value={channel.id}>
                {channel.name}
              </option>
            ))}
          </select>
        )}
      </div>
    </div>
  )
}
