/**
 * Who is logged in, in this tab's memory alone, and the single flight of the refresh: one promise per tab, one tab at
 * a time by a Web Lock, and the new token told to the other tabs. Nothing is written to storage.
 */
import { useSyncExternalStore } from 'react'
import { API_ORIGIN } from './config'
import { ApiError, networkError, problemFrom } from './errors'
import type { SessionOut, Tenant } from './types'

export interface Session {
  token: string
  /** Milliseconds since the epoch. */
  expiresAt: number
  user: SessionOut['user']
  tenant: Tenant
}

export type SessionStatus = 'unknown' | 'active' | 'expired' | 'ended'

interface State {
  session: Session | null
  status: SessionStatus
}

type Shared = { kind: 'session'; session: Session } | { kind: 'ended' }

const REFRESH_EARLY = 30_000
const LOCK = 'evo-refresh'

let state: State = { session: null, status: 'unknown' }
let inFlight: Promise<Session> | null = null
const listeners = new Set<() => void>()
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('evo-session')

function publish(next: State): void {
  state = next
  for (const listener of listeners) listener()
}

channel?.addEventListener('message', (event: MessageEvent<Shared>) => {
  if (event.data.kind === 'ended') publish({ session: null, status: 'ended' })
  // A tab in which somebody else is logged in keeps its own tenant until it asks the server itself.
  else if (!state.session || state.session.tenant.id === event.data.session.tenant.id)
    publish({ session: event.data.session, status: 'active' })
})

export function subscribeSession(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function currentSession(): Session | null {
  return state.session
}

export function sessionStatus(): SessionStatus {
  return state.status
}

export function fromAnswer(answer: SessionOut): Session {
  return {
    token: answer.access_token,
    expiresAt: Date.now() + answer.expires_in * 1000,
    user: answer.user,
    tenant: answer.tenant,
  }
}

/** Sets the session in every tab; null is a logout. */
export function setSession(session: Session | null): void {
  publish({ session, status: session ? 'active' : 'ended' })
  channel?.postMessage(session ? { kind: 'session', session } : { kind: 'ended' })
}

/** Changes what we know of the user or tenant without touching the token. */
export function patchSession(part: Partial<Pick<Session, 'user' | 'tenant'>>): void {
  if (state.session) publish({ ...state, session: { ...state.session, ...part } })
}

async function askServer(): Promise<Session> {
  let response: Response
  try {
    response = await globalThis.fetch(`${API_ORIGIN}/api/v1/auth/refresh`, {
      method: 'POST',
      credentials: 'include',
      headers: { 'X-Requested-With': 'evoai' },
      signal: AbortSignal.timeout(15_000),
    })
  } catch (cause) {
    throw networkError(cause)
  }
  const body: unknown = await response.json().catch(() => null)
  if (response.ok) return fromAnswer(body as SessionOut)
  throw problemFrom(response, body)
}

function withLock<T>(work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks
  return locks ? (locks.request(LOCK, work) as Promise<T>) : work()
}

/**
 * Renews the access token. `refused` is the token that the server turned down: if another tab has already replaced it,
 * its token is taken and nothing is asked. Only 401 and 403 end the session; any other failure is thrown and keeps it.
 */
export function refresh(refused?: string): Promise<Session> {
  inFlight ??= withLock(async () => {
    const known = state.session
    if (known && refused !== undefined && known.token !== refused && known.expiresAt > Date.now()) return known
    try {
      const session = await askServer()
      setSession(session)
      return session
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.status === 403))
        publish({ session: state.session, status: state.session ? 'expired' : 'ended' })
      throw error
    }
  }).finally(() => {
    inFlight = null
  })
  return inFlight
}

/** A token good for the next call; renews in the background when it is about to expire. */
export async function freshToken(): Promise<string | null> {
  const { session, status } = state
  if (!session || status === 'expired') return session?.token ?? null
  const left = session.expiresAt - Date.now()
  if (left <= 0) return (await refresh(session.token)).token
  if (left < REFRESH_EARLY) refresh(session.token).catch(() => undefined)
  return session.token
}

export function useSession(): Session | null {
  return useSyncExternalStore(subscribeSession, currentSession)
}

export function useSessionStatus(): SessionStatus {
  return useSyncExternalStore(subscribeSession, sessionStatus)
}
