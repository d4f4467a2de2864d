// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { duration, initials, makeFormat, phone } from './format'

const pt = makeFormat('pt-BR', 'America/Sao_Paulo')
const now = new Date('2026-11-20T15:00:00Z')

describe('dates', () => {
  it('are in the zone of the tenant, not of the browser', () => {
    expect(pt.time('2026-11-20T02:30:00Z')).toBe('23:30')
    expect(pt.dayKey('2026-11-20T02:30:00Z')).toBe('2026-11-19')
    expect(makeFormat('pt-BR', 'Asia/Tokyo').time('2026-11-20T02:30:00Z')).toBe('11:30')
  })

  it('show the hour today, the weekday this week, then the date', () => {
    expect(pt.brief('2026-11-20T12:05:00Z', now)).toBe('09:05')
    expect(pt.brief('2026-11-18T12:05:00Z', now)).toBe('qua.')
    expect(pt.brief('2026-11-01T12:05:00Z', now)).toBe('01/11')
  })

  it('name today and yesterday', () => {
    expect(pt.dayHeading('2026-11-20T12:00:00Z', now)).toBe('hoje')
    expect(pt.dayHeading('2026-11-19T12:00:00Z', now)).toBe('ontem')
    expect(makeFormat('en', 'America/Sao_Paulo').dayHeading('2026-11-19T12:00:00Z', now)).toBe('yesterday')
    expect(pt.dayHeading('2026-11-10T12:00:00Z', now)).toContain('10 de novembro')
  })
})

describe('numbers', () => {
  it('follow the language', () => {
    expect(pt.number(12345.6)).toBe('12.345,6')
    expect(pt.size(2_400_000)).toBe('2,3 MB')
    expect(pt.size(900)).toBe('900 B')
    expect(pt.usd(171).replaceAll('\u00a0', ' ')).toBe('US$ 0,00017')
  })

  it('make one set of formatters per language and zone', () => {
    expect(makeFormat('pt-BR', 'America/Sao_Paulo')).toBe(pt)
  })
})

it.each([
  ['5511912345678', '+55 11 91234-5678'],
  ['551132345678', '+55 11 3234-5678'],
  ['+14155550100', '+14155550100'],
  ['', ''],
  [null, ''],
])('phone %s is %s', (digits, shown) => expect(phone(digits)).toBe(shown))

it.each([
  ['Ana Souza', 'AS'],
  ['  ana  ', 'A'],
  ['João Pedro de Sá', 'JS'],
  ['', '#'],
  ['+5511911112222', '#'],
])('initials of %s', (name, letters) => expect(initials(name)).toBe(letters))

it('duration in minutes and seconds', () =>
  expect([duration(37), duration(61.4), duration(-1)]).toEqual(['0:37', '1:01', '0:00']))
