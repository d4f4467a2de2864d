// @vitest-environment node
import { expect, it } from 'vitest'
import { readTags, refusalOf } from './formats'

it.each([
  ['a.PDF', 10, null],
  ['a.b.docx', 10, null],
  ['pdf', 10, 'unprocessable-file'],
  ['a.exe', 10, 'unprocessable-file'],
  ['a', 10, 'unprocessable-file'],
  ['a.txt', 0, 'empty-file'],
  ['a.txt', 25 * 1024 * 1024, null],
  ['a.txt', 25 * 1024 * 1024 + 1, 'payload-too-large'],
])('%s of %i bytes: %s', (name, size, refusal) => {
  expect(refusalOf({ name, size })).toBe(refusal)
})

it.each([
  ['', []],
  [' loja , preços,loja,', ['loja', 'preços']],
  ['x'.repeat(41), null],
  [Array.from({ length: 21 }, (_, i) => `t${i}`).join(','), null],
])('reads %s', (text, tags) => expect(readTags(text)).toEqual(tags))
