// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { amountOf, differenceOf, inOrder, reasonsOf } from './balance'
import { countDays, lastDays, parseLedgerSearch, plusDays, problemOf, rangeOf } from './range'

const sums = {
  received: 20,
  processed: 14,
  signals: 7,
  answered: 4,
  handed_over: 3,
  ignored: { echo: 1, group: 2 },
  pending: 1,
  quarantined: 1,
  dead: 1,
}

describe('the equation', () => {
  it('closes when every event is in one class', () => {
    expect(amountOf(sums, 'ignored')).toBe(3)
    expect(differenceOf(sums)).toBe(0)
  })

  it.each(['signals', 'answered', 'handed_over', 'pending', 'quarantined', 'dead'] as const)(
    'counts %s, and does not close without it',
    (name) => {
      expect(differenceOf({ ...sums, [name]: 0 })).toBe(sums[name])
    },
  )

  it('does not count what the state alone says', () => {
    expect(differenceOf({ ...sums, processed: 99 })).toBe(0)
  })

  it('names the most frequent reason first', () => {
    expect(reasonsOf({ ...sums, ignored: { echo: 1, group: 2, bot: 0 } })).toEqual([
      ['group', 2],
      ['echo', 1],
    ])
  })

  it('puts the newest day first and channels by name within it', () => {
    const item = (day: string, channel_id: string) => ({ ...sums, day, channel_id })
    const names: Record<string, string> = { x: 'Vendas', y: 'Recepção' }
    const shown = inOrder([item('2026-11-19', 'x'), item('2026-11-20', 'x'), item('2026-11-20', 'y')], (id) =>
      String(names[id]),
    )
    expect(shown.map(({ day, channel_id }) => day + channel_id)).toEqual(['2026-11-20y', '2026-11-20x', '2026-11-19x'])
  })
})

describe('the range', () => {
  it('is the last seven days unless the URL says otherwise', () => {
    expect(rangeOf({}, '2026-03-02')).toEqual({ from: '2026-02-24', to: '2026-03-02' })
    expect(rangeOf({ from: '2026-01-01', to: '2026-01-02' }, '2026-03-02')).toEqual({
      from: '2026-01-01',
      to: '2026-01-02',
    })
  })

  it('counts calendar days, over the change to summer time too', () => {
    expect(plusDays('2026-03-28', 2)).toBe('2026-03-30')
    expect(countDays(lastDays(30, '2026-11-21'))).toBe(30)
  })

  it.each([
    [{ from: '', to: '2026-11-21' }, 'rangeMissing'],
    [{ from: '2026-11-22', to: '2026-11-21' }, 'rangeOrder'],
    [lastDays(93, '2026-11-21'), 'rangeLong'],
    [lastDays(92, '2026-11-21'), null],
  ])('%o is %s', (range, problem) => {
    expect(problemOf(range)).toBe(problem)
  })

  it.each([
    { from: '2026-11-01' },
    { from: 'x', to: 'y' },
    { from: '2026-11-02', to: '2026-11-01' },
    { from: 7, to: null },
  ])('takes nothing from %o', (raw) => {
    expect(parseLedgerSearch(raw)).toEqual({})
  })
})
