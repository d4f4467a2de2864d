import { createFileRoute, redirect, useNavigate } from '@tanstack/react-router'
import { currentSession } from '@/api/session'
import { SignupForm } from '@/features/auth/signup-form'

export const Route = createFileRoute('/signup')({
  beforeLoad: () => {
    if (currentSession()) throw redirect({ to: '/' })
  },
  component: Signup,
})

function Signup() {
  const navigate = useNavigate()
  return <SignupForm onDone={() => void navigate({ to: '/first-steps', replace: true })} />
}
