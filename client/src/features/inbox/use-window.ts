import { useEffect, useState } from 'react'
import type { Conversation } from '@/api/types'

const MINUTE = 60_000

/** Milliseconds until only templates may be sent, 0 once it is so; null where nothing ever closes. */
export function useWindow({ window_expires_at }: Conversation): number | null {
  const end = window_expires_at ? Date.parse(window_expires_at) : null
  const [now, setNow] = useState(() => Date.now())
  const left = end === null ? null : Math.max(0, end - now)
  useEffect(() => {
    setNow(Date.now())
    if (end === null) return
    const timer = setInterval(() => setNow(Date.now()), MINUTE / 2)
    return () => clearInterval(timer)
  }, [end])
  return left
}
