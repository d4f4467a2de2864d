// @vitest-environment node
import { expect, it } from 'vitest'
import { lineDiff } from './line-diff'

const told = (before: string, after: string) =>
  lineDiff(before, after).map(({ kind, text }) => `${{ same: ' ', gone: '-', new: '+' }[kind]}${text}`)

it('keeps what stayed and marks what went and came', () => {
  expect(told('a\nb\nc\nd', 'a\nx\nc\nd\ne')).toEqual([' a', '-b', '+x', ' c', ' d', '+e'])
})

it.each([
  ['', '', [' ']],
  ['a', 'a', [' a']],
  ['a', 'b', ['-a', '+b']],
  ['a\nb', 'b\na', ['-a', ' b', '+a']],
])('%j to %j', (before, after, lines) => expect(told(before, after)).toEqual(lines))

it('shows texts that are too long to compare one after the other', () => {
  const long = Array.from({ length: 700 }, (_, n) => String(n)).join('\n')
  const lines = lineDiff(long, long)
  expect([lines.length, lines[0]?.kind, lines.at(-1)?.kind]).toEqual([1400, 'gone', 'new'])
})
