/** Tells the server that what is on screen was read: once on opening, then again for what arrives. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { markRead } from './mutations'

const WAIT = 800

function useVisible(): boolean {
  return useSyncExternalStore(
    (listener) => {
      document.addEventListener('visibilitychange', listener)
      return () => document.removeEventListener('visibilitychange', listener)
    },
    () => document.visibilityState === 'visible',
  )
}

export function useMarkRead(
  conversationId: string,
  unread: number,
  lastInboundId: string | undefined,
  allowed: boolean,
) {
  const client = useQueryClient()
  const visible = useVisible()
  const seen = useRef<string | undefined>(undefined)
  useEffect(() => {
    if (!visible || !allowed || !lastInboundId) return
    const fresh = seen.current !== undefined && seen.current !== lastInboundId
    if (unread === 0 && !fresh) {
      seen.current = lastInboundId
      return
    }
    const timer = setTimeout(() => {
      seen.current = lastInboundId
      void markRead(client, conversationId)
    }, WAIT)
    return () => clearTimeout(timer)
  }, [client, conversationId, unread, lastInboundId, visible, allowed])
}
