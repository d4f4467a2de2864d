import { RefreshCw } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { hasNewVersion } from '@/lib/deployed'
import { Button } from '@/ui/button'

const ASK_EVERY = 10 * 60_000

const writing = () => document.activeElement?.matches('input, textarea, select, [contenteditable]') ?? false

/** Looks every ten minutes and when the tab comes back to front; says it once nobody is in the middle of a field. */
function useNewVersion(): boolean {
  const [found, setFound] = useState(false)
  const [shown, setShown] = useState(false)
  useEffect(() => {
    if (found) return
    let last = Date.now()
    const look = () => {
      if (document.visibilityState !== 'visible' || Date.now() - last < ASK_EVERY) return
      last = Date.now()
      // A failure here says nothing about versions; the next look may succeed.
      hasNewVersion().then(setFound, () => undefined)
    }
    const timer = setInterval(look, 60_000)
    document.addEventListener('visibilitychange', look)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [found])
  useEffect(() => {
    if (!found || shown) return
    const tell = () => {
      if (!writing()) setShown(true)
    }
    const later = () => setTimeout(tell, 0)
    tell()
    document.addEventListener('focusout', later)
    return () => document.removeEventListener('focusout', later)
  }, [found, shown])
  return shown
}

export default function NewVersion() {
  const { t } = useTranslation('shell')
  const shown = useNewVersion()
  return (
    <div role="status">
      {shown && (
        <div className="flex flex-wrap items-center justify-center gap-x-3 gap-y-1 bg-info-soft px-4 py-1 text-info">
          <RefreshCw size={14} aria-hidden />
          <p>{t('newVersion')}</p>
          <Button variant="secondary" size="sm" onClick={() => window.location.reload()}>
            {t('reload')}
          </Button>
        </div>
      )}
    </div>
  )
}
