import { createFileRoute, redirect, useNavigate } from '@tanstack/react-router'
import { currentSession } from '@/api/session'
import { SignupForm } from '@/features/auth/signup-form'
import { askForWords, loadWords } from '@/i18n'

export const Route = createFileRoute('/signup')({
  beforeLoad: () => {
    if (currentSession()) throw redirect({ to: '/' })
    askForWords('auth')
  },
  loader: () => loadWords('auth'),
  component: Signup,
})

function Signup() {
  const navigate = useNavigate()
  return <SignupForm onDone={() => void navigate({ to: '/first-steps', replace: true })} />
}
