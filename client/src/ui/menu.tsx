import {
  type ComponentProps,
  cloneElement,
  type KeyboardEvent,
  lazy,
  type ReactElement,
  type ReactNode,
  Suspense,
  useState,
} from 'react'

export interface MenuItem {
  id: string
  label: string
  icon?: ReactNode
  danger?: boolean
  disabled?: boolean
  onSelect: () => void
}

export interface MenuProps {
  trigger: ReactElement<ComponentProps<'button'>>
  /** Groups of items, with a line between them. */
  groups: { label?: string; items: MenuItem[] }[]
}

const load = () => import('./menu-list')
const MenuList = lazy(load)

/** A button that opens a menu. The list is large, so it comes when the button is pointed at, focused or pressed. */
export function Menu(props: MenuProps) {
  const [asked, setAsked] = useState(false)
  const preload = () => void load().catch(() => undefined)
  const trigger = cloneElement(props.trigger, {
    'aria-haspopup': 'menu',
    'aria-expanded': false,
    'aria-busy': asked || undefined,
    onPointerEnter: preload,
    onFocus: preload,
    onClick: () => setAsked(true),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'Enter' && event.key !== ' ' && event.key !== 'ArrowDown') return
      event.preventDefault()
      setAsked(true)
    },
  })
  if (!asked) return trigger
  return (
    <Suspense fallback={trigger}>
      <MenuList {...props} />
    </Suspense>
  )
}
