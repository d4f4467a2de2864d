/** A message's file with a link that works: links live five minutes, so a thread that stays open renews them. */
import { useCallback, useEffect, useState } from 'react'
import { api, unwrap } from '@/api/client'
import type { Media } from '@/api/types'

const EARLY = 5_000
const AGAIN = 10_000

const isHttp = (url: string): boolean => /^https?:$/.test(new URL(url, location.href).protocol)

export function useMedia(given: Media) {
  const [fresh, setFresh] = useState<Media | null>(null)
  // Each event of the message brings another link; the one in use stays, or what is being heard would begin anew.
  const [link, setLink] = useState(given)
  const [asked, setAsked] = useState(0)
  const [broken, setBroken] = useState(false)
  const media = fresh && fresh.id === given.id && isNewer(fresh, given) ? fresh : given
  if (link !== media && (link.id !== media.id || !link.url || isOver(link))) setLink(media)

  const renew = useCallback(async () => {
    setAsked(Date.now())
    try {
      const found = await unwrap(api.GET('/api/v1/media/{media_id}', { params: { path: { media_id: given.id } } }))
      setFresh(found)
      setLink(found)
      setBroken(false)
    } catch {
      setBroken(true)
    }
  }, [given.id])

  const expired = isOver(link)
  useEffect(() => {
    if (expired && Date.now() - asked > AGAIN) void renew()
  }, [expired, asked, renew])

  /** The browser could not show it: once more with a new link, then it is said to be broken. */
  const onError = useCallback(() => {
    if (Date.now() - asked > AGAIN) void renew()
    else setBroken(true)
  }, [asked, renew])

  const url = link.url && !broken && !expired && isHttp(link.url) ? link.url : null
  return { media, url, broken, renew, onError }
}

const isNewer = (a: Media, b: Media): boolean => (a.expires_at ?? '') >= (b.expires_at ?? '')
const isOver = ({ expires_at }: Media): boolean => expires_at !== null && Date.parse(expires_at) < Date.now() + EARLY
