import { renderHook } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { handleKey, setSingleKeys, useShortcut } from './shortcuts'

const press = (key: string, part: KeyboardEventInit = {}, target: EventTarget = document.body) => {
  const event = new KeyboardEvent('keydown', { key, cancelable: true, ...part })
  Object.defineProperty(event, 'target', { value: target })
  handleKey(event)
  return event
}

afterEach(() => setSingleKeys(true))

describe('shortcuts', () => {
  it('run while they are mounted, and only then', () => {
    const run = vi.fn()
    const { unmount } = renderHook(() => useShortcut('resolve', 'e', run))
    expect(press('e').defaultPrevented).toBe(true)
    unmount()
    press('e')
    expect(run).toHaveBeenCalledOnce()
  })

  it('tell Shift, Ctrl and ⌘ apart', () => {
    const [plain, shifted, mod] = [vi.fn(), vi.fn(), vi.fn()]
    renderHook(() => {
      useShortcut('resolve', 'e', plain)
      useShortcut('resolve-next', 'shift+e', shifted)
      useShortcut('palette', 'mod+k', mod)
    })
    press('E', { shiftKey: true })
    press('k', { ctrlKey: true })
    press('k', { metaKey: true })
    press('e', { altKey: true })
    expect([plain, shifted, mod].map((run) => run.mock.calls.length)).toEqual([0, 1, 2])
  })

  it('are silent while somebody writes or composes, but for those with Ctrl', () => {
    const [single, mod] = [vi.fn(), vi.fn()]
    renderHook(() => {
      useShortcut('reply', 'r', single)
      useShortcut('palette', 'mod+k', mod)
    })
    const field = document.createElement('textarea')
    press('r', {}, field)
    press('r', { isComposing: true })
    press('k', { ctrlKey: true }, field)
    expect([single, mod].map((run) => run.mock.calls.length)).toEqual([0, 1])
  })

  it('can be a sequence', () => {
    const run = vi.fn()
    renderHook(() => useShortcut('go-inbox', 'g i', run))
    press('i')
    expect(run).not.toHaveBeenCalled()
    press('g')
    press('i')
    expect(run).toHaveBeenCalledOnce()
  })

  it('of one key can be switched off', () => {
    const run = vi.fn()
    renderHook(() => useShortcut('resolve', 'e', run))
    setSingleKeys(false)
    press('e')
    expect(run).not.toHaveBeenCalled()
  })
})
