import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { askToNotify, call, setAlert } from './alerts'
import { ring } from './ring'

const about = () => ({ name: 'handoff:c-1', title: 'Ana precisa de uma pessoa.', onOpen: vi.fn() })

class Shown {
  static permission: NotificationPermission = 'granted'
  static requestPermission = vi.fn(async () => 'granted' as const)
  static all: Shown[] = []
  onclick: (() => void) | null = null
  close = vi.fn()
  title: string
  options: NotificationOptions
  constructor(title: string, options: NotificationOptions) {
    this.title = title
    this.options = options
    Shown.all.push(this)
  }
}

let tones = 0

class Audio {
  state = 'running'
  currentTime = 0
  destination = {}
  resume = async () => undefined
  createOscillator = () => ({
    frequency: { value: 0 },
    connect: (to: unknown) => to,
    start: () => {
      tones += 1
    },
    stop: () => undefined,
  })
  createGain = () => ({
    gain: { setValueAtTime: () => undefined, exponentialRampToValueAtTime: () => undefined },
    connect: (to: unknown) => to,
  })
}

const hide = (state: DocumentVisibilityState) => vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state)
const settled = () => new Promise((resolve) => setTimeout(resolve, 50))

beforeEach(() => {
  Shown.all = []
  Shown.permission = 'granted'
  Shown.requestPermission.mockClear()
  tones = 0
  vi.stubGlobal('Notification', Shown)
  vi.stubGlobal('AudioContext', Audio)
})

afterEach(() => {
  setAlert('sound', false)
  setAlert('notification', false)
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('a call', () => {
  it('is silent until somebody turns it on', async () => {
    hide('hidden')
    call(about())
    await settled()
    expect(Shown.all).toHaveLength(0)
    expect(tones).toBe(0)
  })

  it('notifies a hidden tab, and leads to the conversation', async () => {
    hide('hidden')
    setAlert('notification', true)
    const asked = about()
    call(asked)
    await vi.waitFor(() => expect(Shown.all).toHaveLength(1))
    expect(Shown.all[0]).toMatchObject({ title: asked.title, options: { tag: 'handoff:c-1' } })
    Shown.all[0]?.onclick?.()
    expect(asked.onOpen).toHaveBeenCalledOnce()
  })

  it.each<[string, DocumentVisibilityState, NotificationPermission]>([
    ['in front, where the toast is seen', 'visible', 'granted'],
    ['whose permission was taken back', 'hidden', 'denied'],
    ['whose browser was never asked', 'hidden', 'default'],
  ])('does not notify a tab %s', async (_, visibility, permission) => {
    hide(visibility)
    Shown.permission = permission
    setAlert('notification', true)
    call(about())
    await settled()
    expect(Shown.all).toHaveLength(0)
    expect(Shown.requestPermission).not.toHaveBeenCalled()
  })

  it('sounds', async () => {
    setAlert('sound', true)
    call(about())
    await vi.waitFor(() => expect(tones).toBe(2))
  })

  it('sounds in one tab of many', async () => {
    const held = new Set<string>()
    vi.stubGlobal('navigator', {
      ...navigator,
      locks: {
        request: async (name: string, _: object, work: (lock: object | null) => Promise<unknown>) => {
          if (held.has(name)) return work(null)
          held.add(name)
          return work({ name })
        },
      },
    })
    expect(await Promise.all([ring('a'), ring('a'), ring('b')])).toEqual([true, false, true])
    expect(tones).toBe(4)
  })
})

describe('the permission', () => {
  it('is asked for once: an answer stands', async () => {
    Shown.permission = 'default'
    expect(await askToNotify()).toBe('granted')
    Shown.permission = 'denied'
    expect(await askToNotify()).toBe('denied')
    expect(Shown.requestPermission).toHaveBeenCalledOnce()
  })

  it('cannot be had where the browser knows no notifications', async () => {
    vi.stubGlobal('Notification', undefined)
    expect(await askToNotify()).toBe('unsupported')
  })
})
