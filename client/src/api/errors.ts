/** The one error that API calls throw, built from the backend's problem document (RFC 9457). */

export interface FieldProblem {
  pointer: string
  code: string
  detail: string
}

export interface PlanLimit {
  resource: string
  limit: number
  used: number
  resetsAt: string | null
}

interface ProblemBody {
  code?: string
  detail?: string
  title?: string
  request_id?: string
  errors?: FieldProblem[]
  resource?: string
  limit?: number
  used?: number
  resets_at?: string | null
}

export class ApiError extends Error {
  readonly status: number
  readonly code: string
  /** The server's own sentence, in the user's language; null when it sent none. */
  readonly detail: string | null
  readonly fields: FieldProblem[]
  readonly requestId: string | null
  /** Seconds, from `Retry-After`. */
  readonly retryAfter: number | null
  readonly planLimit: PlanLimit | null
  /** All that the problem says, for those codes that say more. */
  readonly members: Readonly<Record<string, unknown>>

  constructor(status: number, code: string, body: ProblemBody = {}, headers?: Headers) {
    super(body.detail || body.title || code)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.detail = body.detail ?? null
    this.members = { ...body }
    this.fields = Array.isArray(body.errors) ? body.errors : []
    this.requestId = body.request_id ?? headers?.get('x-request-id') ?? null
    const wait = Number(headers?.get('retry-after') ?? Number.NaN)
    this.retryAfter = Number.isFinite(wait) ? wait : null
    this.planLimit =
      code === 'plan-limit' && body.resource
        ? { resource: body.resource, limit: body.limit ?? 0, used: body.used ?? 0, resetsAt: body.resets_at ?? null }
        : null
  }

  /** No answer reached us: offline, DNS, a cut connection or our own timeout. */
  get isNetwork(): boolean {
    return this.status === 0
  }
}

export function problemFrom(response: Response, body: unknown): ApiError {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as ProblemBody
  return new ApiError(response.status, problem.code ?? `http-${response.status}`, problem, response.headers)
}

export function networkError(cause: unknown): ApiError {
  const timedOut = cause instanceof DOMException && cause.name === 'TimeoutError'
  return new ApiError(0, timedOut ? 'timeout' : 'network')
}

/** The last part of a JSON pointer: the name of the form field. */
export function fieldName(pointer: string): string {
  return pointer.split('/').filter(Boolean).at(-1) ?? ''
}
