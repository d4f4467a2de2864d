import { Link } from '@tanstack/react-router'
import { Ellipsis } from 'lucide-react'
import { type RefObject, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { ConnectionDot } from './connection-dot'
import { useNavItems } from './nav-items'

const itemClass =
  'flex min-h-13 flex-1 flex-col items-center justify-center gap-0.5 rounded-control text-xs font-medium text-fg-muted aria-[current=page]:bg-brand-soft aria-[current=page]:text-brand'

/** The phone's navigation: the pages of the day, and the rest behind "more". */
export function BottomBar() {
  const { t } = useTranslation('shell')
  const items = useNavItems()
  const bar = useRef<HTMLElement>(null)
  useStillUnderTheFinger(bar)
  return (
    <nav
      ref={bar}
      aria-label={t('nav')}
      className="bottom-bar flex shrink-0 gap-1 border-t bg-surface px-2 pt-1 pb-[max(0.25rem,env(safe-area-inset-bottom))] md:hidden"
    >
      {items.slice(0, 3).map(({ to, label, icon: Icon }) => (
        <Link key={to} to={to} className={itemClass}>
          <Icon size={20} aria-hidden />
          {t(label)}
        </Link>
      ))}
      <Link to="/more" className={itemClass}>
        <span className="relative">
          <Ellipsis size={20} aria-hidden />
          <span className="absolute -top-0.5 -right-2">
            <ConnectionDot />
          </span>
        </span>
        {t('more')}
      </Link>
    </nav>
  )
}

const LIFTED = 400

/**
 * The bar gives way to the phone's keyboard, and would come back between press and release when a press takes the focus
 * from a field: what is pressed would move away, and the press be lost.
 */
function useStillUnderTheFinger(bar: RefObject<HTMLElement | null>) {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const press = () => {
      clearTimeout(timer)
      if (document.activeElement?.matches('textarea, input:not([type="checkbox"])'))
        bar.current?.setAttribute('data-away', '')
    }
    const lift = () => {
      clearTimeout(timer)
      timer = setTimeout(() => bar.current?.removeAttribute('data-away'), LIFTED)
    }
    const abort = new AbortController()
    const options = { capture: true, signal: abort.signal }
    document.addEventListener('pointerdown', press, options)
    document.addEventListener('pointerup', lift, options)
    document.addEventListener('pointercancel', lift, options)
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [bar])
}
