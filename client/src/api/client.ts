/** The typed client: bearer token, one refresh and one replay on a 401, and problem documents as `ApiError`. */
import createClient, { type Middleware } from 'openapi-fetch'
import { API_ORIGIN } from './config'
import { type ApiError, networkError, problemFrom } from './errors'
import { reportPlanLimit } from './plan-limit'
import type { paths } from './schema.gen'
import { freshToken, refresh } from './session'

const TIMEOUT = 20_000
const isAuthPath = (url: string): boolean => new URL(url).pathname.startsWith('/api/v1/auth/')

// A request's body can be read once, so the copy for the replay is made before it is sent.
const copies = new WeakMap<Request, Request>()
const sentTokens = new WeakMap<Request, string>()

const bearer: Middleware = {
  async onRequest({ request }) {
    if (isAuthPath(request.url)) {
      request.headers.set('X-Requested-With', 'evoai')
      if (!new URL(request.url).pathname.endsWith('/switch')) return request
    }
    const token = await freshToken()
    if (token) {
      request.headers.set('Authorization', `Bearer ${token}`)
      sentTokens.set(request, token)
    }
    copies.set(request, request.clone())
    return request
  },
  async onResponse({ request, response }) {
    if (response.status !== 401) return response
    const copy = copies.get(request)
    const refused = sentTokens.get(request)
    if (!copy || !refused) return response
    try {
      const session = await refresh(refused)
      copy.headers.set('Authorization', `Bearer ${session.token}`)
      return await globalThis.fetch(copy)
    } catch {
      return response
    }
  },
}

export const api = createClient<paths>({
  baseUrl: API_ORIGIN,
  credentials: 'include',
  // Looked up at each call, so that a test server can take its place after this module is loaded.
  fetch: async (request: Request) => {
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(new DOMException('timeout', 'TimeoutError')), TIMEOUT)
    const cancel = () => abort.abort(request.signal.reason)
    request.signal.addEventListener('abort', cancel)
    try {
      return await globalThis.fetch(request, { signal: abort.signal })
    } catch (cause) {
      if (request.signal.aborted) throw cause
      throw networkError(abort.signal.aborted ? abort.signal.reason : cause)
    } finally {
      clearTimeout(timer)
      request.signal.removeEventListener('abort', cancel)
    }
  },
})

api.use(bearer)

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The data of a call, or its `ApiError`. */
export async function unwrap<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call
  if (response.ok) return data as T
  const problem: ApiError = problemFrom(response, error)
  if (problem.planLimit) reportPlanLimit(problem.planLimit)
  throw problem
}
