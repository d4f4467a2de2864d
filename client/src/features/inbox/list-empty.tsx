import { Link } from '@tanstack/react-router'
import { Inbox, PartyPopper, SearchX } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { buttonClass } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import type { InboxSearch } from './search'

/** Three kinds of nothing: nothing yet, nothing that matches, and all done. */
export function ListEmpty({ search }: { search: InboxSearch }) {
  const { t } = useTranslation('inbox')
  const view = search.view ?? 'all'
  if (search.q || search.unread || search.channel)
    return (
      <EmptyState
        icon={SearchX}
        title={t('nothingMatches')}
        detail={t('nothingMatchesDetail')}
        action={
          <Link
            to="."
            search={(before) => ({ ...before, q: undefined, unread: undefined, channel: undefined })}
            className={buttonClass('secondary')}
          >
            {t('clearFilters')}
          </Link>
        }
      />
    )
  if (view !== 'all') return <EmptyState icon={PartyPopper} title={t(`allDone.${view}`)} detail={t('allDoneDetail')} />
  return (
    <EmptyState
      icon={Inbox}
      title={t('emptyTitle')}
      detail={t('emptyDetail')}
      action={
        <Link to="/channels" className={buttonClass('primary')}>
          {t('emptyAction')}
        </Link>
      }
    />
  )
}
