/** A message's file with a link that works: links live five minutes, so a thread that stays open renews them. */
import { useCallback, useEffect, useState } from 'react'
import { api, unwrap } from '@/api/client'
import type { Media } from '@/api/types'

const EARLY = 5_000
const AGAIN = 10_000

const isHttp = (url: string): boolean => /^https?:$/.test(new URL(url, location.href).protocol)

export function useMedia(given: Media) {
  const [fresh, setFresh] = useState<Media | null>(null)
  const [asked, setAsked] = useState(0)
  const [broken, setBroken] = useState(false)
  const media = fresh && fresh.id === given.id && isNewer(fresh, given) ? fresh : given

  const renew = useCallback(async () => {
    setAsked(Date.now())
    try {
      setFresh(await unwrap(api.GET('/api/v1/media/{media_id}', { params: { path: { media_id: given.id } } })))
      setBroken(false)
    } catch {
      setBroken(true)
    }
  }, [given.id])

  const expired = media.expires_at !== null && Date.parse(media.expires_at) < Date.now() + EARLY
  useEffect(() => {
    if (expired && Date.now() - asked > AGAIN) void renew()
  }, [expired, asked, renew])

  /** The browser could not show it: once more with a new link, then it is said to be broken. */
  const onError = useCallback(() => {
    if (Date.now() - asked > AGAIN) void renew()
    else setBroken(true)
  }, [asked, renew])

  const url = media.url && !broken && !expired && isHttp(media.url) ? media.url : null
  return { media, url, broken, renew, onError }
}

const isNewer = (a: Media, b: Media): boolean => (a.expires_at ?? '') >= (b.expires_at ?? '')
