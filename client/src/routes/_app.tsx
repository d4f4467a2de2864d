import { useQueryClient } from '@tanstack/react-query'
import { createFileRoute, redirect, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useEffect } from 'react'
import { ApiError } from '@/api/errors'
import { meQuery } from '@/api/queries'
import { currentSession, refresh, useSession, useSessionStatus } from '@/api/session'
import { logout } from '@/features/auth/calls'
import { useProgress } from '@/features/onboarding/use-progress'
import { Shell } from '@/features/shell/shell'
import { useHandoffNotice } from '@/features/shell/use-handoff-notice'
import { loadWords } from '@/i18n'
import { useUserLanguage } from '@/i18n/use-user-language'
import { startLive } from '@/lib/realtime/live'

const ExpiredDialog = lazy(async () => {
  const [page] = await Promise.all([import('@/features/auth/expired-dialog'), loadWords('auth')])
  return page
})

/** The guard of everything behind a login: a token in memory, or one from the refresh cookie, or the login page. */
export const Route = createFileRoute('/_app')({
  beforeLoad: async ({ location }) => {
    if (currentSession()) return
    try {
      await refresh()
    } catch (error) {
      const over = error instanceof ApiError && (error.status === 401 || error.status === 403)
      if (!over) throw error
      throw redirect({ to: '/login', search: location.href === '/' ? {} : { next: location.href } })
    }
  },
  loader: async ({ context }) => {
    await context.queryClient.ensureQueryData(meQuery())
  },
  component: App,
})

function App() {
  const tenantId = useSession()?.tenant.id
  const status = useSessionStatus()
  const client = useQueryClient()
  const navigate = useNavigate()
  const progress = useProgress()
  useUserLanguage()
  useHandoffNotice()
  useEffect(() => (tenantId ? startLive(client) : undefined), [client, tenantId])
  useEffect(() => {
    if (status !== 'ended') return
    client.clear()
    void navigate({ to: '/login', replace: true })
  }, [status, client, navigate])
  return (
    <Shell
      key={tenantId}
      progress={progress}
      onLogout={() => void logout(false)}
      overlay={
        status === 'expired' && (
          <Suspense>
            <ExpiredDialog />
          </Suspense>
        )
      }
    />
  )
}
