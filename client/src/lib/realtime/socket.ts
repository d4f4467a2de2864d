/** The websocket: first frame, heartbeat, back-off, resume. It hands frames on and knows nothing of what they mean. */
import type { Control, DomainEvent, Frame, Signal } from './events'
import { isDomainEvent, isSignal, parseFrame } from './events'

export type SocketState = 'connecting' | 'open' | 'waiting' | 'stopped'

export interface SocketHooks {
  url: string
  token: () => Promise<string | null>
  /** After close code 4401: renew the token. Rejects when the session has ended. */
  renew: (refused: string) => Promise<unknown>
  onEvent: (event: DomainEvent) => void
  onSignal: (signal: Signal) => void
  /** Fetch again: the server cannot replay, or nothing was seen before. */
  onResync: () => void
  onState: (state: SocketState) => void
}

const PING = 25_000
const DEAD = 45_000
const FIRST = 1_000
const LONGEST = 30_000

export class RealtimeSocket {
  readonly #hooks: SocketHooks
  #socket: WebSocket | null = null
  #epoch: string | null = null
  #seq = 0
  #tries = 0
  #lastHeard = 0
  #token = ''
  #stopped = true
  #ready = false
  #viewing: string | null = null
  #retry: ReturnType<typeof setTimeout> | undefined
  #beat: ReturnType<typeof setInterval> | undefined

  constructor(hooks: SocketHooks) {
    this.#hooks = hooks
  }

  start(): void {
    if (!this.#stopped) return
    this.#stopped = false
    window.addEventListener('online', this.#hurry)
    document.addEventListener('visibilitychange', this.#onVisible)
    void this.#connect()
  }

  stop(): void {
    this.#stopped = true
    window.removeEventListener('online', this.#hurry)
    document.removeEventListener('visibilitychange', this.#onVisible)
    clearTimeout(this.#retry)
    this.#drop()
    this.#epoch = null
    this.#hooks.onState('stopped')
  }

  /** Tells the open socket of a renewed token. */
  authenticate(token: string): void {
    if (token === this.#token) return
    this.#token = token
    if (this.#ready) this.#send({ type: 'auth', token })
  }

  typing(conversationId: string): void {
    if (this.#ready) this.#send({ type: 'typing', conversation_id: conversationId })
  }

  viewing(conversationId: string | null): void {
    this.#viewing = conversationId
    if (this.#ready) this.#send({ type: 'viewing', conversation_id: conversationId })
  }

  readonly #hurry = (): void => {
    if (this.#stopped || this.#socket) return
    clearTimeout(this.#retry)
    this.#tries = 0
    void this.#connect()
  }

  readonly #onVisible = (): void => {
    if (document.visibilityState !== 'visible') return
    if (this.#socket && this.#ready) this.#send({ type: 'ping' })
    this.#hurry()
  }

  async #connect(): Promise<void> {
    if (this.#stopped || this.#socket) return
    this.#hooks.onState('connecting')
    const token = await this.#hooks.token().catch(() => null)
    if (this.#stopped || this.#socket) return
    if (!token) {
      this.#later()
      return
    }
    this.#token = token
    const socket = new WebSocket(this.#hooks.url)
    this.#socket = socket
    this.#lastHeard = Date.now()
    socket.addEventListener('open', () => this.#send({ type: 'auth', token }))
    socket.addEventListener('message', (message) => this.#heard(socket, message.data))
    socket.addEventListener('close', (event) => this.#closed(socket, event.code))
    this.#beat = setInterval(() => this.#heartbeat(socket), PING)
  }

  #heard(socket: WebSocket, raw: unknown): void {
    if (socket !== this.#socket) return
    this.#lastHeard = Date.now()
    const frame: Frame | null = parseFrame(raw)
    if (!frame) return
    if (isDomainEvent(frame)) {
      if (frame.seq <= this.#seq) return
      this.#seq = frame.seq
      this.#hooks.onEvent(frame)
    } else if (isSignal(frame)) this.#hooks.onSignal(frame)
    else this.#control(frame)
  }

  #control(frame: Control): void {
    if (frame.type === 'resync') this.#hooks.onResync()
    if (frame.type !== 'ready') return
    const renewed = this.#ready
    this.#ready = true
    this.#tries = 0
    this.#hooks.onState('open')
    // The answer to a renewed token on an open socket: nothing was missed.
    if (renewed && frame.epoch === this.#epoch) return
    if (this.#epoch === frame.epoch) this.#send({ type: 'resume', epoch: frame.epoch, seq: this.#seq })
    else {
      this.#epoch = frame.epoch
      this.#seq = frame.seq
      this.#hooks.onResync()
    }
    if (this.#viewing) this.viewing(this.#viewing)
  }

  #heartbeat(socket: WebSocket): void {
    if (Date.now() - this.#lastHeard > DEAD) this.#closed(socket, 0)
    else if (this.#ready) this.#send({ type: 'ping' })
  }

  #closed(socket: WebSocket, code: number): void {
    if (socket !== this.#socket) return
    const refused = this.#token
    this.#drop()
    if (this.#stopped) return
    if (code === 4403) {
      this.stop()
      return
    }
    if (code === 4401) this.#hooks.renew(refused).catch(() => undefined)
    this.#later()
  }

  #later(): void {
    this.#hooks.onState('waiting')
    const ceiling = Math.min(LONGEST, FIRST * 2 ** this.#tries)
    this.#tries += 1
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => void this.#connect(), Math.random() * ceiling)
  }

  #drop(): void {
    clearInterval(this.#beat)
    const socket = this.#socket
    this.#socket = null
    this.#ready = false
    socket?.close()
  }

  #send(frame: Record<string, unknown>): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }
}
