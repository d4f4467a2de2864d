/** Business hours between the wire (`{"mon": [["08:00", "18:00"]]}`, empty: always open) and the form. */

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Day = (typeof DAYS)[number]
export type Range = [string, string]
export type Week = Record<Day, Range[]>

export interface Hours {
  always: boolean
  week: Week
}

const WORKDAY: Range[] = [['08:00', '18:00']]
const TIME = /^\d{2}:\d{2}$/

function rangesOf(value: unknown): Range[] {
  if (!Array.isArray(value)) return []
  return value.filter(
    (pair): pair is Range => Array.isArray(pair) && pair.length === 2 && pair.every((x) => TIME.test(String(x))),
  )
}

export function hoursOf(wire: Record<string, unknown>): Hours {
  const always = Object.keys(wire).length === 0
  const entry = (day: Day): [Day, Range[]] => [
    day,
    always ? (day === 'sat' || day === 'sun' ? [] : WORKDAY) : rangesOf(wire[day]),
  ]
  return { always, week: Object.fromEntries(DAYS.map(entry)) as Week }
}

export function wireOf({ always, week }: Hours): Record<string, Range[]> {
  if (always) return {}
  return Object.fromEntries(DAYS.map((day) => [day, week[day]]))
}

/** The days with a range that ends before it starts, or that overlaps the one before. */
export function badDays({ always, week }: Hours): Day[] {
  if (always) return []
  return DAYS.filter((day) =>
    week[day].some(([from, to], index) => {
      const before = week[day][index - 1]
      return !TIME.test(from) || !TIME.test(to) || from >= to || (before !== undefined && from < before[1])
    }),
  )
}
