import { Link } from '@tanstack/react-router'
import { ListChecks, LogOut, Search } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useSession } from '@/api/session'
import { Brand } from '@/ui/brand'
import { IconButton } from '@/ui/icon-button'
import { ConnectionDot } from './connection-dot'
import { useNavItems } from './nav-items'
import type { Progress } from './types'

interface Props {
  progress: Progress | null
  onSearch: () => void
  onLogout: () => void
}

const itemClass =
  'flex h-9 items-center gap-3 rounded-control px-3 font-medium text-fg-muted hover:bg-surface-2 hover:text-fg aria-[current=page]:bg-brand-soft aria-[current=page]:text-brand max-lg:justify-center max-lg:px-0'

export function SideNav({ progress, onSearch, onLogout }: Props) {
  const { t } = useTranslation('shell')
  const items = useNavItems()
  const session = useSession()
  return (
    <div className="hidden w-16 shrink-0 flex-col border-r bg-surface px-3 py-4 md:flex lg:w-52">
      <div className="mb-4 px-1 max-lg:[&>span]:text-[0px]">
        <Brand />
      </div>
      <button
        type="button"
        onClick={onSearch}
        className="mb-3 flex h-9 items-center gap-2 rounded-control border border-line-strong px-2.5 text-fg-muted hover:bg-surface-2 max-lg:justify-center"
        aria-label={t('search')}
        aria-keyshortcuts="Control+K Meta+K"
      >
        <Search size={16} aria-hidden />
        <span className="flex-1 truncate text-left text-sm max-lg:hidden">{t('search')}</span>
        <kbd className="font-sans text-xs max-lg:hidden">Ctrl K</kbd>
      </button>
      <nav aria-label={t('nav')} className="flex flex-1 flex-col gap-1">
        {progress && (
          <Link to="/first-steps" className={itemClass} title={t('firstSteps')}>
            <ListChecks size={18} aria-hidden className="shrink-0" />
            <span className="min-w-0 flex-1 truncate max-lg:sr-only">{t('firstSteps')}</span>
            <span className="text-xs tabular-nums max-lg:sr-only">{t('firstStepsProgress', { ...progress })}</span>
          </Link>
        )}
        {items.map(({ to, label, icon: Icon }) => (
          <Link key={to} to={to} className={itemClass} title={t(label)}>
            <Icon size={18} aria-hidden className="shrink-0" />
            <span className="max-lg:sr-only">{t(label)}</span>
          </Link>
        ))}
      </nav>
      <div className="flex items-center gap-2 px-1 max-lg:flex-col">
        <ConnectionDot />
        <div className="min-w-0 flex-1 max-lg:hidden">
          <p className="truncate text-sm font-medium">{session?.user.name}</p>
          <p className="truncate text-xs text-fg-muted">{session?.tenant.name}</p>
        </div>
        <IconButton label={t('logout')} onClick={onLogout}>
          <LogOut size={16} aria-hidden />
        </IconButton>
      </div>
    </div>
  )
}
