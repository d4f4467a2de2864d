/**
 * Sends the files of `lib/uploads`: two at a time, whatever page is open; waits out a lost network and the API's speed
 * limit. Files live in this tab's memory alone, so closing it is asked about, and a logout forgets them.
 */
import type { QueryClient } from '@tanstack/react-query'
import { ApiError } from '@/api/errors'
import { keys } from '@/api/keys'
import { currentSession, subscribeSession } from '@/api/session'
import { putAnswer } from '@/lib/realtime/documents'
import { isOpen, type Upload, type UploadFailure, uploads } from '@/lib/uploads'
import { refusalOf } from './formats'
import { isTemporary, sendFile } from './send-file'

const AT_ONCE = 2
const TRIES = 6

interface Held {
  file: File
  tags: readonly string[]
  client: QueryClient
  stop: AbortController
}

const held = new Map<string, Held>()
let sending = 0

const change = (id: string, part: Partial<Upload>): void =>
  uploads.set(uploads.get().map((item) => (item.id === id ? { ...item, ...part } : item)))

const fail = (id: string, failure: UploadFailure): void => change(id, { state: 'failed', sent: 0, failure })

function guardClosing(event: BeforeUnloadEvent): void {
  if (uploads.get().some(isOpen)) event.preventDefault()
}

let tenantId = currentSession()?.tenant.id
subscribeSession(() => {
  const now = currentSession()?.tenant.id
  if (tenantId !== undefined && now !== tenantId) {
    for (const { stop } of held.values()) stop.abort()
    held.clear()
    uploads.set([])
  }
  tenantId = now
})

export function addFiles(client: QueryClient, files: readonly File[], tags: readonly string[]): void {
  window.addEventListener('beforeunload', guardClosing)
  const added = files.map((file): Upload => {
    const id = crypto.randomUUID()
    const refusal = refusalOf(file)
    if (!refusal) held.set(id, { file, tags, client, stop: new AbortController() })
    const failure = refusal ? { code: refusal, detail: null } : null
    return { id, name: file.name, size: file.size, state: refusal ? 'failed' : 'waiting', sent: 0, failure }
  })
  uploads.set([...uploads.get().filter(({ state }) => state !== 'done'), ...added])
  pump()
}

/** Takes it off the list; one on its way is stopped. */
export function removeUpload(id: string): void {
  held.get(id)?.stop.abort()
  held.delete(id)
  uploads.set(uploads.get().filter((item) => item.id !== id))
}

/** Whether there is still a file to send: one that was refused before it was sent stays refused. */
export const canRetry = (id: string): boolean => held.has(id)

export function retryUpload(id: string): void {
  const item = held.get(id)
  if (!item) return
  item.stop = new AbortController()
  change(id, { state: 'waiting', failure: null })
  pump()
}

function pump(): void {
  while (sending < AT_ONCE) {
    const next = uploads.get().find(({ state }) => state === 'waiting')
    const item = next && held.get(next.id)
    if (!item) return
    sending += 1
    change(next.id, { state: 'sending' })
    void work(next.id, item).finally(() => {
      sending -= 1
      pump()
    })
  }
}

async function work(id: string, { file, tags, client, stop }: Held): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      const tell = (sent: number) => change(id, { sent })
      const document = await sendFile({ file, tags, key: id }, tell, stop.signal)
      held.delete(id)
      change(id, { state: 'done', sent: 1 })
      putAnswer(client, document)
      return
    } catch (error) {
      if (stop.signal.aborted) return
      if (isTemporary(error) && tries < TRIES) {
        change(id, { sent: 0 })
        const asked = error instanceof ApiError ? error.retryAfter : null
        await pause(asked === null ? 1_000 * 2 ** tries : asked * 1_000, stop.signal)
        if (stop.signal.aborted) return
        continue
      }
      const problem = error instanceof ApiError ? error : new ApiError(0, 'network')
      fail(id, { code: problem.code, detail: problem.detail })
      // The plan has no room for those behind it either.
      if (problem.planLimit) {
        for (const item of uploads.get())
          if (item.state === 'waiting') fail(item.id, { code: problem.code, detail: null })
        void client.invalidateQueries({ queryKey: keys.usage })
      }
      return
    }
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer)
      window.removeEventListener('online', finish)
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, milliseconds)
    window.addEventListener('online', finish)
    signal.addEventListener('abort', finish)
  })
}
