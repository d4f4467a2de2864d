/** What a meter will show at the end of the period if it goes on as it went; null while that would be guessing. */
const DAY = 86_400_000

export function projected(used: number, start: string, end: string, now = Date.now()): number | null {
  const from = Date.parse(start)
  const to = Date.parse(end)
  if (used === 0 || now - from < 2 * DAY || now >= to) return null
  return Math.round((used / (now - from)) * (to - from))
}
