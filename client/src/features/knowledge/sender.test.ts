import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fromAnswer, setSession } from '@/api/session'
import { uploads } from '@/lib/uploads'
import { knowledgeDocument, sessionOut } from '@/test/data'
import { addFiles, canRetry, removeUpload, retryUpload } from './sender'

/** A request that the test answers. */
class Request {
  static all: Request[] = []
  upload: { onprogress?: (event: object) => void } = {}
  onload = () => undefined
  onerror = () => undefined
  status = 0
  responseText = ''
  aborted = false
  headers: Record<string, string> = {}
  answerHeaders: Record<string, string> = {}
  withCredentials = false
  form: FormData | undefined
  open = () => undefined
  setRequestHeader = (name: string, value: string) => {
    this.headers[name] = value
  }
  getResponseHeader = (name: string) => this.answerHeaders[name] ?? null
  abort = () => {
    this.aborted = true
  }
  send = (form: FormData) => {
    this.form = form
    Request.all.push(this)
  }
  answer(status: number, body: object, headers: Record<string, string> = {}): void {
    Object.assign(this, { status, responseText: JSON.stringify(body), answerHeaders: headers })
    this.onload()
  }
  get name(): string | undefined {
    const sent = this.form?.get('file')
    return sent instanceof File ? sent.name : undefined
  }
}

const file = (name: string, size = 10) => new File(['x'.repeat(size)], name)
const shown = () => uploads.get().map(({ name, state }) => `${name} ${state}`)
const failures = () => uploads.get().map(({ failure }) => failure?.code)
const asked = (count: number) => vi.waitFor(() => expect(Request.all).toHaveLength(count))
const last = () => Request.all.at(-1) as Request

let client: QueryClient

beforeEach(() => {
  Request.all = []
  client = new QueryClient()
  vi.stubGlobal('XMLHttpRequest', Request)
  setSession(fromAnswer(sessionOut('token-1')))
})

afterEach(() => {
  for (const { id } of uploads.get()) removeUpload(id)
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('files on their way', () => {
  it('go two at a time, with their tags, and leave nothing behind', async () => {
    addFiles(client, [file('a.pdf'), file('b.pdf'), file('c.pdf')], ['loja'])
    await asked(2)
    expect(shown()).toEqual(['a.pdf sending', 'b.pdf sending', 'c.pdf waiting'])
    Request.all[0]?.upload.onprogress?.({ lengthComputable: true, loaded: 5, total: 10 })
    expect(uploads.get()[0]?.sent).toBe(0.5)
    expect(Request.all[0]?.form?.get('tags')).toBe('["loja"]')
    expect(Request.all[0]?.headers.Authorization).toBe('Bearer token-1')
    Request.all[0]?.answer(201, knowledgeDocument())
    await asked(3)
    expect(shown()).toEqual(['a.pdf done', 'b.pdf sending', 'c.pdf sending'])
  })

  it('that cannot be read are not sent', () => {
    addFiles(client, [file('foto.png'), file('vazio.txt', 0)], [])
    expect(failures()).toEqual(['unprocessable-file', 'empty-file'])
    expect(Request.all).toHaveLength(0)
    expect(canRetry(uploads.get()[0]?.id ?? '')).toBe(false)
  })

  it('wait as long as the server asks, and are sent under the same key', async () => {
    addFiles(client, [file('a.pdf')], [])
    await asked(1)
    vi.useFakeTimers()
    Request.all[0]?.answer(429, { code: 'rate-limited' }, { 'retry-after': '30' })
    await vi.advanceTimersByTimeAsync(29_000)
    expect(Request.all).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(Request.all).toHaveLength(2)
    expect(last().headers['Idempotency-Key']).toBe(Request.all[0]?.headers['Idempotency-Key'])
  })

  it('all fail at once when the plan is full, and can be sent later', async () => {
    addFiles(client, [file('a.pdf'), file('b.pdf'), file('c.pdf')], [])
    await asked(2)
    const full = { code: 'plan-limit', resource: 'documents', limit: 20, used: 20 }
    Request.all[0]?.answer(402, full)
    Request.all[1]?.answer(402, full)
    await vi.waitFor(() => expect(failures()).toEqual(['plan-limit', 'plan-limit', 'plan-limit']))
    expect(Request.all).toHaveLength(2)
    retryUpload(uploads.get()[2]?.id ?? '')
    await asked(3)
    expect(last().name).toBe('c.pdf')
  })

  it('are stopped by whoever takes them off the list', async () => {
    addFiles(client, [file('a.pdf')], [])
    await asked(1)
    removeUpload(uploads.get()[0]?.id ?? '')
    expect(last().aborted).toBe(true)
    expect(uploads.get()).toEqual([])
  })

  it('are forgotten with the session', async () => {
    addFiles(client, [file('a.pdf')], [])
    await asked(1)
    setSession(null)
    expect(last().aborted).toBe(true)
    expect(uploads.get()).toEqual([])
  })
})
