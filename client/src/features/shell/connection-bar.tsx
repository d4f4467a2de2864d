import { WifiOff } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useConnection } from '@/lib/realtime/live'
import { useFormat } from '@/lib/use-format'

const OFFLINE_AFTER = 3_000
const RECONNECTING_AFTER = 10_000

type Trouble = { kind: 'offline' | 'reconnecting'; since: number } | null

function useOnline(): boolean {
  const [online, setOnline] = useState(() => navigator.onLine)
  useEffect(() => {
    const update = () => setOnline(navigator.onLine)
    window.addEventListener('online', update)
    window.addEventListener('offline', update)
    return () => {
      window.removeEventListener('online', update)
      window.removeEventListener('offline', update)
    }
  }, [])
  return online
}

function useTrouble(): Trouble {
  const online = useOnline()
  const { state, since } = useConnection()
  const [trouble, setTrouble] = useState<Trouble>(null)
  const lost = since !== null && state !== 'stopped'
  useEffect(() => {
    if (online && !lost) return setTrouble(null)
    const start = since ?? Date.now()
    const wait = (online ? RECONNECTING_AFTER : OFFLINE_AFTER) - (Date.now() - start)
    const timer = setTimeout(
      () => setTrouble({ kind: online ? 'reconnecting' : 'offline', since: start }),
      Math.max(online ? 0 : OFFLINE_AFTER, wait),
    )
    return () => clearTimeout(timer)
  }, [online, lost, since])
  return trouble
}

export function ConnectionBar() {
  const { t } = useTranslation('shell')
  const format = useFormat()
  const trouble = useTrouble()
  return (
    <div role="status">
      {trouble && (
        <p className="flex items-center justify-center gap-2 bg-warn-soft px-4 py-1.5 text-sm text-warn">
          <WifiOff size={14} aria-hidden />
          {t(trouble.kind, { time: format.time(new Date(trouble.since).toISOString()) })}
        </p>
      )}
    </div>
  )
}
