import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useCan, useMe } from '@/lib/use-me'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { Page } from '@/ui/page'
import { AlertsCard } from './alerts-card'
import { AppearanceCard } from './appearance-card'
import { CompaniesCard } from './companies-card'
import { CompanyCard } from './company-card'
import { ProfileCard } from './profile-card'
import { tenantQuery } from './queries'
import { SessionsCard } from './sessions-card'
import { TeamCard } from './team-card'

interface Props {
  onLogoutAll: () => Promise<void>
  onSwitch: (tenantId: string) => Promise<void>
}

export function SettingsPage({ onLogoutAll, onSwitch }: Props) {
  const { t } = useTranslation('settings')
  const me = useMe()
  const editable = useCan('tenant:write')
  const agent = useCan('conversations:write')
  const tenant = useQuery(tenantQuery())
  return (
    <Page title={t('title')}>
      {tenant.isPending && <Loading rows={2} />}
      {tenant.isError && !tenant.data && <ErrorState error={tenant.error} onRetry={() => void tenant.refetch()} />}
      {tenant.data && <CompanyCard tenant={tenant.data} editable={editable} />}
      {me && <ProfileCard key={me.user.id} me={me} />}
      {agent && <AlertsCard />}
      <AppearanceCard />
      <TeamCard />
      {me && <CompaniesCard me={me} onSwitch={onSwitch} />}
      <SessionsCard onLogoutAll={onLogoutAll} />
    </Page>
  )
}
