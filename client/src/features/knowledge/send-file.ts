/** One file to the API. Only XMLHttpRequest tells how much of a body has gone. */
import { API_ORIGIN } from '@/api/config'
import { ApiError, networkError, problemFrom } from '@/api/errors'
import { reportPlanLimit } from '@/api/plan-limit'
import { freshToken, refresh } from '@/api/session'
import type { KnowledgeDocument } from '@/api/types'

export interface Outgoing {
  file: File
  tags: readonly string[]
  /** The idempotency key. */
  key: string
}

type Tell = (sent: number) => void

/** Raises `ApiError`, or an `AbortError` once `signal` says so. */
export async function sendFile(outgoing: Outgoing, tell: Tell, signal: AbortSignal): Promise<KnowledgeDocument> {
  const token = await freshToken()
  let answer = await post(outgoing, token, tell, signal)
  if (answer.status === 401 && token) {
    const session = await refresh(token)
    answer = await post(outgoing, session.token, tell, signal)
  }
  const body: unknown = await answer.json().catch(() => null)
  if (answer.ok) return body as KnowledgeDocument
  const problem = problemFrom(answer, body)
  if (problem.planLimit) reportPlanLimit(problem.planLimit)
  throw problem
}

function post({ file, tags, key }: Outgoing, token: string | null, tell: Tell, signal: AbortSignal): Promise<Response> {
  const form = new FormData()
  if (tags.length > 0) form.append('tags', JSON.stringify(tags))
  form.append('file', file, file.name)
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const over = () => signal.removeEventListener('abort', abort)
    const abort = () => {
      over()
      request.abort()
      reject(new DOMException('cancelled', 'AbortError'))
    }
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort)
    request.upload.onprogress = ({ lengthComputable, loaded, total }) => lengthComputable && tell(loaded / total)
    request.onload = () => {
      over()
      const headers = new Headers()
      for (const name of ['retry-after', 'x-request-id']) {
        const value = request.getResponseHeader(name)
        if (value) headers.set(name, value)
      }
      resolve(new Response(request.responseText || null, { status: request.status, headers }))
    }
    request.onerror = () => {
      over()
      reject(networkError(undefined))
    }
    request.open('POST', `${API_ORIGIN}/api/v1/documents`)
    request.withCredentials = true
    request.setRequestHeader('Idempotency-Key', key)
    if (token) request.setRequestHeader('Authorization', `Bearer ${token}`)
    request.send(form)
  })
}

export const isTemporary = (error: unknown): boolean =>
  error instanceof ApiError &&
  (error.isNetwork || error.status === 429 || error.status >= 500 || error.code === 'idempotency-in-progress')
