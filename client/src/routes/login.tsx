import { createFileRoute, redirect, useNavigate } from '@tanstack/react-router'
import { currentSession } from '@/api/session'
import { LoginForm } from '@/features/auth/login-form'
import { askForWords, loadWords } from '@/i18n'
import { safeNext } from '@/lib/safe-next'

export const Route = createFileRoute('/login')({
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    typeof search.next === 'string' ? { next: search.next } : {},
  beforeLoad: ({ search }) => {
    if (currentSession()) throw redirect({ href: safeNext(search.next) })
    askForWords('auth')
  },
  loader: () => loadWords('auth'),
  component: Login,
})

function Login() {
  const { next } = Route.useSearch()
  const navigate = useNavigate()
  return <LoginForm onDone={() => void navigate({ href: safeNext(next), replace: true })} />
}
