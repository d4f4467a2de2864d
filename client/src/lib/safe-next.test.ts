// @vitest-environment node
import { expect, it } from 'vitest'
import { safeNext } from './safe-next'

it.each([
  ['/inbox/1?view=mine', '/inbox/1?view=mine'],
  ['//evil.test', '/'],
  ['/\\evil.test', '/'],
  ['https://evil.test', '/'],
  ['/login?next=/login', '/'],
  [undefined, '/'],
  [['/a'], '/'],
])('%o leads to %s', (next, path) => expect(safeNext(next)).toBe(path))
