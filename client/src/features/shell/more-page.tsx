import { Link } from '@tanstack/react-router'
import { ChevronRight, ListChecks, LogOut } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useSession } from '@/api/session'
import { Page } from '@/ui/page'
import { useNavItems } from './nav-items'

const rowClass = 'flex min-h-13 w-full items-center gap-3 px-4 text-left hover:bg-surface-2'

export function MorePage({ onLogout }: { onLogout: () => void }) {
  const { t } = useTranslation('shell')
  const items = useNavItems()
  const session = useSession()
  return (
    <Page title={t('more')} detail={session ? `${session.user.name} · ${session.tenant.name}` : undefined}>
      <ul className="divide-y overflow-hidden rounded-card border bg-surface">
        {[{ to: '/first-steps', label: 'firstSteps', icon: ListChecks } as const, ...items.slice(3)].map(
          ({ to, label, icon: Icon }) => (
            <li key={to}>
              <Link to={to} className={rowClass}>
                <Icon size={18} aria-hidden className="text-fg-muted" />
                <span className="flex-1">{t(label)}</span>
                <ChevronRight size={16} aria-hidden className="text-fg-muted" />
              </Link>
            </li>
          ),
        )}
        <li>
          <button type="button" onClick={onLogout} className={rowClass}>
            <LogOut size={18} aria-hidden className="text-fg-muted" />
            {t('logout')}
          </button>
        </li>
      </ul>
    </Page>
  )
}
