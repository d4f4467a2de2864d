import { renderHook } from '@testing-library/react'
import { expect, it } from 'vitest'
import { media } from '@/test/data'
import { useMedia } from './use-media'

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()
const linked = (name: string, seconds: number) =>
  media('audio', { state: 'ready', url: `https://files.example/${name}`, expires_at: inSeconds(seconds) })

it('keeps the link in use while it works, whatever events bring', () => {
  const { result, rerender } = renderHook(({ given }) => useMedia(given), { initialProps: { given: linked('a', 300) } })
  rerender({ given: { ...linked('b', 310), reading: false, error: 'not-read' } })
  expect(result.current.url).toBe('https://files.example/a')
  expect(result.current.media.error).toBe('not-read')
  rerender({ given: { ...linked('c', 320), id: 'another' } })
  expect(result.current.url).toBe('https://files.example/c')
})

it('takes the next link once its own is over', () => {
  const { result, rerender } = renderHook(({ given }) => useMedia(given), { initialProps: { given: linked('a', 5.2) } })
  expect(result.current.url).toBe('https://files.example/a')
  const later = Date.now
  Date.now = () => later() + 1_000
  try {
    rerender({ given: linked('b', 300) })
    expect(result.current.url).toBe('https://files.example/b')
  } finally {
    Date.now = later
  }
})
