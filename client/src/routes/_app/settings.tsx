import { useQueryClient } from '@tanstack/react-query'
import { createFileRoute, useNavigate } from '@tanstack/react-router'
import { logout, switchTenant } from '@/features/auth/calls'
import { tenantQuery } from '@/features/settings/queries'
import { SettingsPage } from '@/features/settings/settings-page'
import { askForWords, loadWords } from '@/i18n'

export const Route = createFileRoute('/_app/settings')({
  beforeLoad: () => askForWords('settings'),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(tenantQuery())
    return loadWords('settings')
  },
  component: Settings,
})

function Settings() {
  const client = useQueryClient()
  const navigate = useNavigate()
  return (
    <SettingsPage
      onLogoutAll={() => logout(true)}
      onSwitch={async (tenantId) => {
        await switchTenant(client, tenantId)
        await navigate({ to: '/' })
      }}
    />
  )
}
