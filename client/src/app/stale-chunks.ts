/** After a deploy an old tab asks for files that are gone: reload once, not in a circle. Drafts are kept per tab. */
import { tabStore } from '@/lib/storage'

const KEY = 'evo-reloaded-at'

export function watchStaleChunks(): void {
  window.addEventListener('vite:preloadError', (event) => {
    const last = Number(tabStore.get(KEY) ?? 0)
    if (Date.now() - last < 60_000) return
    event.preventDefault()
    tabStore.set(KEY, String(Date.now()))
    window.location.reload()
  })
}
