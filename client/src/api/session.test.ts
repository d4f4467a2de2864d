import { HttpResponse, http } from 'msw'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { me, sessionOut } from '@/test/data'
import { at, server } from '@/test/server'
import { api, unwrap } from './client'
import { ApiError } from './errors'
import { currentSession, fromAnswer, refresh, sessionStatus, setSession } from './session'

const problem = (status: number, code: string) =>
  HttpResponse.json({ type: `/problems/${code}`, title: code, status, code, request_id: 'r' }, { status })

let good = 'token-2'
let refreshes = 0

beforeEach(() => {
  good = 'token-2'
  refreshes = 0
  setSession(fromAnswer(sessionOut('token-1')))
  server.use(
    http.get(at('/me'), ({ request }) =>
      request.headers.get('authorization') === `Bearer ${good}` ? HttpResponse.json(me) : problem(401, 'token-expired'),
    ),
  )
})

function answerRefresh(answer: () => Response | Promise<Response>): void {
  server.use(
    http.post(at('/auth/refresh'), ({ request }) => {
      refreshes += 1
      expect(request.headers.get('x-requested-with')).toBe('evoai')
      return answer()
    }),
  )
}

const getMe = () => unwrap(api.GET('/api/v1/me'))

describe('the session', () => {
  it('answers ten parallel 401s with one refresh', async () => {
    answerRefresh(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return HttpResponse.json(sessionOut('token-2'))
    })
    const answers = await Promise.all(Array.from({ length: 10 }, getMe))
    expect(answers).toHaveLength(10)
    expect(refreshes).toBe(1)
    expect(currentSession()?.token).toBe('token-2')
  })

  it('replays the body of a refused POST', async () => {
    const bodies: unknown[] = []
    answerRefresh(() => HttpResponse.json(sessionOut('token-2')))
    server.use(
      http.post(at('/conversations/c/messages'), async ({ request }) => {
        bodies.push(await request.json())
        return request.headers.get('authorization') === 'Bearer token-2'
          ? HttpResponse.json({}, { status: 201 })
          : problem(401, 'token-expired')
      }),
    )
    const body = { text: 'Oi', client_id: 'client-12345' }
    await unwrap(
      api.POST('/api/v1/conversations/{conversation_id}/messages', {
        params: { path: { conversation_id: 'c' } },
        body,
      }),
    )
    expect(bodies).toEqual([body, body])
  })

  it('takes the token that another tab already got', async () => {
    answerRefresh(() => HttpResponse.json(sessionOut('token-3')))
    setSession(fromAnswer(sessionOut('token-2')))
    expect((await refresh('token-1')).token).toBe('token-2')
    expect(refreshes).toBe(0)
  })

  it('replays only once', async () => {
    good = 'never'
    answerRefresh(() => HttpResponse.json(sessionOut('token-2')))
    await expect(getMe()).rejects.toMatchObject({ status: 401 })
    expect(refreshes).toBe(1)
  })

  it.each([500, 503, 429])('keeps the session when the refresh answers %s', async (status) => {
    answerRefresh(() => problem(status, 'unavailable'))
    await expect(getMe()).rejects.toBeInstanceOf(ApiError)
    expect(currentSession()?.token).toBe('token-1')
    expect(sessionStatus()).toBe('active')
  })

  it('keeps the session when there is no network', async () => {
    answerRefresh(() => HttpResponse.error())
    await expect(refresh('token-1')).rejects.toMatchObject({ status: 0, code: 'network' })
    expect(sessionStatus()).toBe('active')
  })

  it.each([401, 403])('ends it when the refresh answers %s, and keeps who it was for the dialog', async (status) => {
    answerRefresh(() => problem(status, 'unauthenticated'))
    await expect(getMe()).rejects.toMatchObject({ status: 401 })
    expect(sessionStatus()).toBe('expired')
    expect(currentSession()?.user.email).toBe(me.user.email)
  })

  it('renews in the background when less than 30 s are left', async () => {
    good = 'token-1'
    setSession({ ...fromAnswer(sessionOut('token-1')), expiresAt: Date.now() + 10_000 })
    answerRefresh(() => HttpResponse.json(sessionOut('token-2')))
    await getMe()
    await vi.waitFor(() => expect(currentSession()?.token).toBe('token-2'))
  })

  it('writes nothing to storage', async () => {
    answerRefresh(() => HttpResponse.json(sessionOut('token-2')))
    await getMe()
    expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toContain('token-')
  })

  it('turns a problem document into an ApiError', async () => {
    server.use(
      http.get(at('/usage'), () =>
        HttpResponse.json(
          {
            type: '/problems/plan-limit',
            title: 'x',
            status: 402,
            code: 'plan-limit',
            detail: 'd',
            request_id: 'r1',
            resource: 'channels',
            limit: 1,
            used: 1,
            resets_at: null,
          },
          { status: 402, headers: { 'Retry-After': '7' } },
        ),
      ),
    )
    await expect(unwrap(api.GET('/api/v1/usage'))).rejects.toMatchObject({
      status: 402,
      code: 'plan-limit',
      requestId: 'r1',
      retryAfter: 7,
      planLimit: { resource: 'channels', limit: 1, used: 1, resetsAt: null },
    })
  })
})
