/** Files that are attached to the message being written: each goes up at once, and is sent when it is there. */
import { useCallback, useEffect, useRef, useState } from 'react'
import { ApiError } from '@/api/errors'
import type { Media } from '@/api/types'
import { upload } from './upload'

export interface Attachment {
  id: string
  file: File
  voice: boolean
  /** 0 to 1. */
  progress: number
  media: Media | null
  error: unknown
}

export const MOST_FILES = 10
const MB = 1024 * 1024

/** How large the server lets a file be, by what the browser takes it for; the server looks at the bytes themselves. */
export const largest = (file: File): number => (/^(image|audio)\//.test(file.type) ? 16 : 64) * MB

export function useAttachments() {
  const [items, setItems] = useState<readonly Attachment[]>([])
  const aborts = useRef(new Map<string, AbortController>())
  useEffect(() => {
    const running = aborts.current
    return () => {
      for (const abort of running.values()) abort.abort()
    }
  }, [])

  const change = useCallback((id: string, part: Partial<Attachment>) => {
    setItems((all) => all.map((item) => (item.id === id ? { ...item, ...part } : item)))
  }, [])

  const begin = useCallback(
    (item: Attachment) => {
      if (item.file.size > largest(item.file)) return change(item.id, { error: new ApiError(413, 'payload-too-large') })
      const abort = new AbortController()
      aborts.current.set(item.id, abort)
      change(item.id, { progress: 0, error: null })
      upload(item.file, item.voice, (progress) => change(item.id, { progress }), abort.signal)
        .then((media) => change(item.id, { media, progress: 1 }))
        .catch((error: unknown) => !abort.signal.aborted && change(item.id, { error }))
    },
    [change],
  )

  const add = useCallback(
    (files: readonly File[], voice = false) => {
      const added = files
        .slice(0, MOST_FILES - items.length)
        .map((file) => ({ id: crypto.randomUUID(), file, voice, progress: 0, media: null, error: null }))
      setItems((all) => [...all, ...added])
      for (const item of added) begin(item)
    },
    [begin, items.length],
  )

  const remove = useCallback((id: string) => {
    aborts.current.get(id)?.abort()
    aborts.current.delete(id)
    setItems((all) => all.filter((item) => item.id !== id))
  }, [])

  const clear = useCallback(() => setItems([]), [])
  const ready = items.every((item) => item.media !== null)
  return { items, add, remove, retry: begin, clear, ready }
}
