import { expect, it } from 'vitest'
import { centsOf, reaisOf } from './money'

it.each([
  ['10', 1000],
  ['10,5', 1050],
  ['R$ 1.234,56', 123456],
  ['1234.56', 123456],
  ['1.000', 100000],
  ['0', 0],
  ['', null],
  ['  ', null],
  ['dez', undefined],
  ['-1', undefined],
  ['1,234,5', 123450],
  ['10,555,1,', undefined],
  ['99999999999', undefined],
])('reads %s', (text, cents) => {
  expect(centsOf(text)).toBe(cents)
})

it('writes what it can read again', () => {
  expect(reaisOf(10_500_000, 'pt-BR')).toBe('10,50')
  expect(centsOf(reaisOf(1_234_560_000, 'en'))).toBe(123456)
})
