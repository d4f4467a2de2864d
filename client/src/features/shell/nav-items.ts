/** The pages of the app, in the order of the navigation, and who sees them in it. */
import {
  BotMessageSquare,
  Gauge,
  LibraryBig,
  MessagesSquare,
  Scale,
  Settings,
  Smartphone,
  Users,
  Webhook,
} from 'lucide-react'

import { type Action, can } from '@/lib/permissions'
import { useMe } from '@/lib/use-me'

const NAV_ITEMS = [
  { to: '/inbox', label: 'inbox', icon: MessagesSquare },
  { to: '/contacts', label: 'contacts', icon: Users, needs: 'contacts:read' },
  { to: '/assistant', label: 'assistant', icon: BotMessageSquare },
  { to: '/knowledge', label: 'knowledge', icon: LibraryBig },
  { to: '/channels', label: 'channels', icon: Smartphone },
  { to: '/ledger', label: 'ledger', icon: Scale, needs: 'operations:read' },
  { to: '/events', label: 'events', icon: Webhook, needs: 'operations:read' },
  { to: '/usage', label: 'usage', icon: Gauge },
  { to: '/settings', label: 'settings', icon: Settings },
] as const satisfies readonly { to: string; label: string; icon: unknown; needs?: Action }[]

export function useNavItems() {
  const me = useMe()
  return NAV_ITEMS.filter((item) => !('needs' in item) || can(me, item.needs))
}
