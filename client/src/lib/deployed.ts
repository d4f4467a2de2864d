/** Whether the page that is deployed by now starts another file than the one that runs here. */
const entryOf = (page: Document): string | null =>
  page.querySelector('script[type="module"][src]')?.getAttribute('src') ?? null

export async function hasNewVersion(): Promise<boolean> {
  const running = entryOf(document)
  const response = await fetch('/index.html', { cache: 'no-cache', signal: AbortSignal.timeout(10_000) })
  if (!response.ok) return false
  const deployed = entryOf(new DOMParser().parseFromString(await response.text(), 'text/html'))
  return running !== null && deployed !== null && deployed !== running
}
