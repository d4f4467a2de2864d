import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RealtimeSocket, type SocketHooks } from './socket'

class FakeSocket extends EventTarget {
  static readonly OPEN = 1
  static made: FakeSocket[] = []
  readyState = 0
  sent: Record<string, unknown>[] = []
  constructor(readonly url: string) {
    super()
    FakeSocket.made.push(this)
  }
  send(text: string) {
    this.sent.push(JSON.parse(text))
  }
  close() {
    this.readyState = 3
  }
  open() {
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
  }
  hear(frame: unknown) {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }))
  }
  end(code: number) {
    this.readyState = 3
    this.dispatchEvent(Object.assign(new Event('close'), { code }))
  }
}

const event = (seq: number) => ({ type: 'usage.threshold', event_id: `e${seq}`, seq, at: '', data: {} })

let hooks: { [K in keyof SocketHooks]: SocketHooks[K] }
let socket: RealtimeSocket

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.spyOn(Math, 'random').mockReturnValue(1)
  FakeSocket.made = []
  hooks = {
    url: 'ws://test/api/v1/realtime',
    token: vi.fn(async () => 'token-1'),
    renew: vi.fn(async () => undefined),
    onEvent: vi.fn(),
    onSignal: vi.fn(),
    onResync: vi.fn(),
    onState: vi.fn(),
  }
  socket = new RealtimeSocket(hooks)
})

afterEach(() => {
  socket.stop()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

async function connected(epoch = 'e', seq = 10): Promise<FakeSocket> {
  socket.start()
  await vi.advanceTimersByTimeAsync(0)
  const made = FakeSocket.made.at(-1) as FakeSocket
  made.open()
  made.hear({ type: 'ready', epoch, seq })
  return made
}

describe('the socket', () => {
  it('sends the token in the first frame and never in the address', async () => {
    const made = await connected()
    expect(made.url).not.toContain('token')
    expect(made.sent[0]).toEqual({ type: 'auth', token: 'token-1' })
  })

  it('fetches again on the first ready and resumes after a loss', async () => {
    const first = await connected('e', 10)
    expect(hooks.onResync).toHaveBeenCalledTimes(1)
    first.hear(event(11))
    first.end(1006)
    await vi.advanceTimersByTimeAsync(1_000)
    const second = FakeSocket.made[1] as FakeSocket
    second.open()
    second.hear({ type: 'ready', epoch: 'e', seq: 15 })
    expect(second.sent).toContainEqual({ type: 'resume', epoch: 'e', seq: 11 })
    expect(hooks.onResync).toHaveBeenCalledTimes(1)
  })

  it('fetches again when the epoch is new or the server says so', async () => {
    const first = await connected('e', 10)
    first.end(1006)
    await vi.advanceTimersByTimeAsync(1_000)
    const second = FakeSocket.made[1] as FakeSocket
    second.open()
    second.hear({ type: 'ready', epoch: 'other', seq: 2 })
    expect(second.sent.some((frame) => frame.type === 'resume')).toBe(false)
    expect(hooks.onResync).toHaveBeenCalledTimes(2)
    second.hear({ type: 'resync' })
    expect(hooks.onResync).toHaveBeenCalledTimes(3)
  })

  it('hands each numbered event on once', async () => {
    const made = await connected('e', 10)
    for (const seq of [9, 11, 11, 13, 12]) made.hear(event(seq))
    expect(vi.mocked(hooks.onEvent).mock.calls.map(([each]) => each.seq)).toEqual([11, 13])
  })

  it('hands signals on although they carry no number', async () => {
    const made = await connected()
    made.hear({ type: 'assistant.typing', data: { conversation_id: 'c' } })
    expect(hooks.onSignal).toHaveBeenCalledOnce()
  })

  it('renews the token on 4401 and comes back, and stays away on 4403', async () => {
    const first = await connected()
    first.end(4401)
    expect(hooks.renew).toHaveBeenCalledWith('token-1')
    await vi.advanceTimersByTimeAsync(1_000)
    const second = FakeSocket.made[1] as FakeSocket
    second.open()
    second.end(4403)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(FakeSocket.made).toHaveLength(2)
    expect(hooks.onState).toHaveBeenLastCalledWith('stopped')
  })

  it('waits longer after each failure, up to half a minute', async () => {
    socket.start()
    await vi.advanceTimersByTimeAsync(0)
    for (const wait of [1, 2, 4, 8, 16, 30, 30]) {
      const before = FakeSocket.made.length
      FakeSocket.made.at(-1)?.end(1006)
      await vi.advanceTimersByTimeAsync(wait * 1_000 - 1)
      expect(FakeSocket.made).toHaveLength(before)
      await vi.advanceTimersByTimeAsync(1)
      expect(FakeSocket.made).toHaveLength(before + 1)
    }
  })

  it('comes back at once when the network does', async () => {
    const made = await connected()
    made.end(1006)
    window.dispatchEvent(new Event('online'))
    await vi.advanceTimersByTimeAsync(0)
    expect(FakeSocket.made).toHaveLength(2)
  })

  it('takes 45 s of silence for death', async () => {
    const made = await connected()
    await vi.advanceTimersByTimeAsync(25_000)
    expect(made.sent).toContainEqual({ type: 'ping' })
    expect(FakeSocket.made).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(26_000)
    expect(made.readyState).toBe(3)
    expect(FakeSocket.made).toHaveLength(2)
  })

  it('tells an open socket of a renewed token, once, and does not fetch again for the answer', async () => {
    const made = await connected()
    socket.authenticate('token-2')
    socket.authenticate('token-2')
    expect(made.sent.filter((frame) => frame.type === 'auth')).toHaveLength(2)
    made.hear({ type: 'ready', epoch: 'e', seq: 10 })
    expect(hooks.onResync).toHaveBeenCalledTimes(1)
  })
})
