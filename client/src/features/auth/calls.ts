/** Getting in and out. A session that begins or ends always leaves an empty cache behind. */
import type { QueryClient } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { currentSession, fromAnswer, setSession } from '@/api/session'
import { drafts } from '@/lib/storage'
import type { LoginValues, SignupValues } from './schemas'

export async function login(client: QueryClient, values: LoginValues): Promise<void> {
  const before = currentSession()
  const session = fromAnswer(await unwrap(api.POST('/api/v1/auth/login', { body: values })))
  const samePerson = before?.user.id === session.user.id && before.tenant.id === session.tenant.id
  if (!samePerson) client.clear()
  setSession(session)
}

export async function signup(client: QueryClient, values: SignupValues): Promise<void> {
  const answer = await unwrap(api.POST('/api/v1/auth/signup', { body: values }))
  client.clear()
  setSession(fromAnswer(answer))
}

/** The server is told first; if it cannot be reached this browser forgets the session all the same. */
export async function logout(everywhere: boolean): Promise<void> {
  const call = everywhere ? api.POST('/api/v1/auth/logout-all') : api.POST('/api/v1/auth/logout')
  try {
    await unwrap(call as Promise<{ response: Response }>)
  } catch (error) {
    if (everywhere) throw error
  }
  drafts.clear()
  setSession(null)
}

export async function switchTenant(client: QueryClient, tenantId: string): Promise<void> {
  const answer = await unwrap(api.POST('/api/v1/auth/switch', { body: { tenant_id: tenantId } }))
  const user = currentSession()?.user
  if (!user) return
  client.clear()
  setSession(fromAnswer({ ...answer, user }))
}
