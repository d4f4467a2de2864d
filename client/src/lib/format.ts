/** Dates, numbers, phones and sizes for people. One set of `Intl` formatters per language and time zone. */
export interface Format {
  time: (iso: string) => string
  day: (iso: string) => string
  dateTime: (iso: string) => string
  /** `22:26` today, the weekday within a week, else `dd/MM`. */
  brief: (iso: string, now?: Date) => string
  /** `hoje`, `ontem`, else the long day: for the separators of a thread. */
  dayHeading: (iso: string, now?: Date) => string
  /** The local calendar day, to compare. */
  dayKey: (iso: string | Date) => string
  /** A calendar day (`2026-11-21`), which has no time zone. */
  calendarDay: (day: string) => string
  number: (value: number) => string
  percent: (value: number) => string
  usd: (microUsd: number) => string
  /** What an answer costs: fractions of a centavo count. */
  brl: (microBrl: number) => string
  /** What a month costs: centavos. */
  money: (microBrl: number) => string
  size: (bytes: number) => string
}

const made = new Map<string, Format>()

export function makeFormat(language: string, timeZone: string): Format {
  const key = `${language}|${timeZone}`
  const known = made.get(key)
  if (known) return known
  const format = build(language, timeZone)
  made.set(key, format)
  return format
}

function build(language: string, timeZone: string): Format {
  const date = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(language, { timeZone, ...options })
  const clock = date({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const dayMonth = date({ day: '2-digit', month: '2-digit' })
  const full = date({ day: '2-digit', month: '2-digit', year: 'numeric' })
  const moment = date({ day: '2-digit', month: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const weekday = date({ weekday: 'short' })
  const long = date({ weekday: 'long', day: 'numeric', month: 'long' })
  const plainDay = new Intl.DateTimeFormat(language, {
    timeZone: 'UTC',
    weekday: 'short',
    day: '2-digit',
    month: '2-digit',
  })
  const calendar = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  const number = new Intl.NumberFormat(language)
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 })
  const usd = new Intl.NumberFormat(language, { style: 'currency', currency: 'USD', maximumFractionDigits: 5 })
  const brl = new Intl.NumberFormat(language, { style: 'currency', currency: 'BRL', maximumFractionDigits: 5 })
  const money = new Intl.NumberFormat(language, { style: 'currency', currency: 'BRL' })
  const decimal = new Intl.NumberFormat(language, { maximumFractionDigits: 1 })

  const dayKey = (at: string | Date) => calendar.format(new Date(at))
  const daysAgo = (iso: string, now: Date) =>
    Math.round((Date.parse(dayKey(now)) - Date.parse(dayKey(iso))) / 86_400_000)

  return {
    time: (iso) => clock.format(new Date(iso)),
    day: (iso) => full.format(new Date(iso)),
    dateTime: (iso) => moment.format(new Date(iso)),
    brief: (iso, now = new Date()) => {
      const days = daysAgo(iso, now)
      if (days <= 0) return clock.format(new Date(iso))
      if (days < 7) return weekday.format(new Date(iso))
      return dayMonth.format(new Date(iso))
    },
    dayHeading: (iso, now = new Date()) => {
      const days = daysAgo(iso, now)
      return days === 0 || days === 1 ? relative.format(-days, 'day') : long.format(new Date(iso))
    },
    dayKey,
    calendarDay: (day) => plainDay.format(new Date(`${day}T00:00:00Z`)),
    number: (value) => number.format(value),
    percent: (value) => percent.format(value),
    usd: (microUsd) => usd.format(microUsd / 1_000_000),
    brl: (microBrl) => brl.format(microBrl / 1_000_000),
    money: (microBrl) => money.format(microBrl / 1_000_000),
    size: (bytes) => {
      if (bytes < 1024) return `${bytes} B`
      if (bytes < 1024 * 1024) return `${decimal.format(bytes / 1024)} kB`
      return `${decimal.format(bytes / 1024 / 1024)} MB`
    },
  }
}

/** `+55 11 91234-5678` for Brazilian numbers; any other country keeps its digits behind the plus sign. */
export function phone(digits: string | null | undefined): string {
  if (!digits) return ''
  const plain = digits.replace(/\D/g, '')
  const brazil = /^55(\d{2})(\d{4,5})(\d{4})$/.exec(plain)
  return brazil ? `+55 ${brazil[1]} ${brazil[2]}-${brazil[3]}` : `+${plain}`
}

export function initials(name: string): string {
  // Somebody known by the number alone.
  if (!/\p{L}/u.test(name)) return '#'
  const words = name.trim().split(/\s+/).filter(Boolean)
  const first = words[0]?.[0] ?? '?'
  const last = words.length > 1 ? (words.at(-1)?.[0] ?? '') : ''
  return (first + last).toUpperCase()
}

export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
