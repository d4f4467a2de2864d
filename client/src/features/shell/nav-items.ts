/** The pages of the app, in the order of the navigation. */
import { BotMessageSquare, Gauge, MessagesSquare, Settings, Smartphone } from 'lucide-react'

export const NAV_ITEMS = [
  { to: '/inbox', label: 'inbox', icon: MessagesSquare },
  { to: '/assistant', label: 'assistant', icon: BotMessageSquare },
  { to: '/channels', label: 'channels', icon: Smartphone },
  { to: '/usage', label: 'usage', icon: Gauge },
  { to: '/settings', label: 'settings', icon: Settings },
] as const
