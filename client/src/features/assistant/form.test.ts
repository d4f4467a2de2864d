// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { assistant } from '@/test/data'
import { patchOf, schema, valuesOf } from './form'

const sofia = assistant()
const values = valuesOf(sofia)
const problems = (part: object) => schema.safeParse({ ...values, ...part }).error?.issues.map((issue) => issue.message)

describe('the draft as a form', () => {
  it('accepts what the server gave', () => expect(problems({})).toBeUndefined())

  it('sends only what changed', () => {
    expect(patchOf({ ...values, quiet_seconds: '2,5' }, { quiet_seconds: true })).toEqual({ quiet_seconds: 2.5 })
  })

  it('reads a list from lines, without the empty and the double', () => {
    const patch = patchOf({ ...values, handoff_keywords: ' a b \n\nx y\na b' }, { handoff_keywords: true })
    expect(patch).toEqual({ handoff_keywords: ['a b', 'x y'] })
  })

  it.each([
    [{ name: ' ' }, ['required']],
    [{ quiet_seconds: '31' }, ['number:0:30']],
    [{ quiet_seconds: '' }, ['number:0:30']],
    [{ max_wait_seconds: 'x' }, ['number:0:120']],
    [{ handoff_keywords: 'a' }, ['keywords']],
    [{ fallback_models: 'a\nb\nc\nd' }, ['models']],
    [{ rules: 'x' }, ['rules']],
    [{ pass_rate: '101' }, ['number:0:100']],
    [{ fallback_models: 'com espaço' }, ['models']],
  ])('refuses %o', (part, messages) => expect(problems(part)).toEqual(messages))
})
