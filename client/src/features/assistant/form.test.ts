// @vitest-environment node
import { describe, expect, it } from 'vitest'
import type { Assistant } from '@/api/types'
import { patchOf, schema, valuesOf } from './form'

const assistant: Assistant = {
  id: 'a',
  name: 'Sofia',
  instructions: 'Seja breve.',
  tone: 'warm',
  model: 'gpt-4o-mini',
  fallback_models: ['gpt-4o'],
  quiet_seconds: 4,
  max_wait_seconds: 20,
  handoff_keywords: ['convênio'],
  rules: [],
  handoff_rules: [],
  hours: 'always',
  shadow: false,
  enabled: true,
  tools: [],
  contact_fields: [],
  pass_rate: 80,
  answers: true,
  published_version: 1,
  published_at: null,
  dirty: false,
  updated_at: '2026-11-20T12:00:00Z',
}
const values = valuesOf(assistant)
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
    [{ fallback_models: 'com espaço' }, ['models']],
  ])('refuses %o', (part, messages) => expect(problems(part)).toEqual(messages))
})
