import { expect, test } from 'vitest'
import { readJson } from './json'

test.each([
  ['{"a": 1}', { a: 1 }],
  ['{}', {}],
  ['[]', null],
  ['null', null],
  ['"a"', null],
  ['{', null],
])('%s', (text, value) => {
  expect(readJson(text)).toEqual(value)
})
