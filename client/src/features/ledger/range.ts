/** The days that the ledger shows: calendar days of the tenant, both included, kept in the URL. */
export interface Range {
  from: string
  to: string
}

export type LedgerSearch = Partial<Range>

export const USUAL_DAYS = 7
/** What one call may ask for. */
export const MOST_DAYS = 92

const DAY = 86_400_000
const FORM = /^\d{4}-\d{2}-\d{2}$/

const dayNumber = (day: string): number => Date.parse(`${day}T00:00:00Z`) / DAY
const isDay = (value: unknown): value is string =>
  typeof value === 'string' && FORM.test(value) && Number.isFinite(dayNumber(value))

export function plusDays(day: string, days: number): string {
  return new Date((dayNumber(day) + days) * DAY).toISOString().slice(0, 10)
}

export function countDays({ from, to }: Range): number {
  return dayNumber(to) - dayNumber(from) + 1
}

export function lastDays(count: number, today: string): Range {
  return { from: plusDays(today, 1 - count), to: today }
}

export type RangeProblem = 'rangeMissing' | 'rangeOrder' | 'rangeLong'

export function problemOf({ from, to }: Range): RangeProblem | null {
  if (!isDay(from) || !isDay(to)) return 'rangeMissing'
  if (countDays({ from, to }) < 1) return 'rangeOrder'
  return countDays({ from, to }) > MOST_DAYS ? 'rangeLong' : null
}

export function parseLedgerSearch(raw: Record<string, unknown>): LedgerSearch {
  const { from, to } = raw
  return isDay(from) && isDay(to) && problemOf({ from, to }) === null ? { from, to } : {}
}

/** What is shown: what the URL says, else the last days. */
export function rangeOf(search: LedgerSearch, today: string): Range {
  return search.from && search.to ? { from: search.from, to: search.to } : lastDays(USUAL_DAYS, today)
}
