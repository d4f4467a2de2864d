import { createFileRoute } from '@tanstack/react-router'
import { logout } from '@/features/auth/calls'
import { MorePage } from '@/features/shell/more-page'

export const Route = createFileRoute('/_app/more')({
  component: () => <MorePage onLogout={() => void logout(false)} />,
})
