import { HttpResponse, http } from 'msw'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keys } from '@/api/keys'
import { fromAnswer, setSession } from '@/api/session'
import type { Thread } from '@/lib/realtime/messages'
import { message, sessionOut } from '@/test/data'
import { testClient } from '@/test/render'
import { at, server } from '@/test/server'
import { discard, pendingOf, resume, retry, send } from './outbox'

const CONVERSATION = 'conversation-1'
const client = testClient()

interface Sent {
  text: string
  client_id: string
}

let sent: Sent[] = []
const waiting = () => JSON.parse(sessionStorage.getItem('evo-outbox') ?? '[]') as { client_id: string; text: string }[]

function answer(respond: (body: Sent) => Response | Promise<Response>): void {
  server.use(
    http.post(at(`/conversations/${CONVERSATION}/messages`), async ({ request }) => {
      const body = (await request.json()) as Sent
      expect(request.headers.get('idempotency-key')).toBe(body.client_id)
      sent.push(body)
      return respond(body)
    }),
  )
}

const accept = (body: Sent) =>
  HttpResponse.json(
    message({ id: `server-${body.client_id}`, seq: sent.length, direction: 'out', status: 'queued', ...body }),
    { status: 201 },
  )
const refuse = (status: number, code: string) => HttpResponse.json({ status, code, title: code }, { status })

beforeEach(() => {
  sent = []
  setSession(fromAnswer(sessionOut('token-1')))
  client.setQueryData<Thread>(keys.messages(CONVERSATION), {
    pages: [{ items: [], next_cursor: null }],
    pageParams: [null],
  })
})

afterEach(() => {
  for (const item of waiting()) discard(item.client_id)
})

const thread = () => client.getQueryData<Thread>(keys.messages(CONVERSATION))?.pages[0]?.items ?? []

describe('the outbox', () => {
  it('sends in order, one after the other, and hands each over to the thread', async () => {
    let running = 0
    answer(async (body) => {
      running += 1
      expect(running).toBe(1)
      await new Promise((resolve) => setTimeout(resolve, body.text === 'um' ? 30 : 1))
      running -= 1
      return accept(body)
    })
    for (const text of ['um', 'dois', 'três']) send(client, CONVERSATION, { text })
    await vi.waitFor(() => expect(waiting()).toEqual([]))
    expect(sent.map((body) => body.text)).toEqual(['um', 'dois', 'três'])
    expect(thread()).toHaveLength(3)
  })

  it('shows one bubble when the event comes before the answer', async () => {
    answer((body) => {
      const early = message({ id: `server-${body.client_id}`, seq: 1, direction: 'out', status: 'sent', ...body })
      client.setQueryData<Thread>(keys.messages(CONVERSATION), {
        pages: [{ items: [early], next_cursor: null }],
        pageParams: [null],
      })
      return accept(body)
    })
    send(client, CONVERSATION, { text: 'Oi' })
    await vi.waitFor(() => expect(waiting()).toEqual([]))
    expect(thread().map((each) => each.status)).toEqual(['sent'])
  })

  it('waits while there is no network and goes on by itself, under the same client_id', async () => {
    let online = false
    answer((body) => (online ? accept(body) : HttpResponse.error()))
    send(client, CONVERSATION, { text: 'Oi' })
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    expect(waiting()).toHaveLength(1)
    online = true
    // The pause listens for the network from the moment the failure is known.
    await vi.waitFor(() => {
      window.dispatchEvent(new Event('online'))
      expect(waiting()).toEqual([])
    })
    expect(new Set(sent.map((body) => body.client_id)).size).toBe(1)
  })

  it('keeps the text and the reason when the server refuses, goes on with the next, and can try again', async () => {
    let open = false
    answer((body) => (body.text === 'um' && !open ? refuse(409, 'contact-opted-out') : accept(body)))
    send(client, CONVERSATION, { text: 'um' })
    send(client, CONVERSATION, { text: 'dois' })
    await vi.waitFor(() => expect(sent).toHaveLength(2))
    await vi.waitFor(() => expect(waiting().map((item) => item.text)).toEqual(['um']))
    const failed = pendingOf(waiting()[0]?.client_id ?? '')
    expect(failed?.failure?.code).toBe('contact-opted-out')
    open = true
    if (failed) retry(client, failed)
    await vi.waitFor(() => expect(waiting()).toEqual([]))
    expect(sent[2]?.client_id).toBe(sent[0]?.client_id)
  })

  it('after a long absence shows a failure rather than sending out of the blue', async () => {
    answer(() => HttpResponse.error())
    send(client, CONVERSATION, { text: 'antiga' })
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 130_000)
    resume(client)
    expect(pendingOf(waiting()[0]?.client_id ?? '')?.failure?.code).toBe('network')
  })

  it('forgets what was written when the session ends', async () => {
    answer(() => HttpResponse.error())
    send(client, CONVERSATION, { text: 'segredo' })
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    setSession(null)
    expect(waiting()).toEqual([])
  })
})
