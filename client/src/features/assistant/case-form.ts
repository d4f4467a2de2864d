/** A test case while it is written, and what it still lacks. */
import type { Expectation, SpokenLine, TestCase } from '@/api/types'
import { asked } from './talk'

export interface Draft {
  name: string
  contact_name: string
  messages: SpokenLine[]
  expectations: Expectation[]
  must_pass: boolean
}

export const KINDS: readonly Expectation['kind'][] = [
  'contains',
  'not_contains',
  'cites_document',
  'handed_over',
  'not_handed_over',
  'tool_called',
  'tool_not_called',
  'criterion',
]

/** A handoff is or is not: there is nothing to add to it. */
export const NO_VALUE: ReadonlySet<Expectation['kind']> = new Set(['handed_over', 'not_handed_over'])

export function startOf(known: TestCase | undefined, start: Partial<Draft> | undefined): Draft {
  const { name, contact_name, messages, expectations, must_pass } = known ?? {
    name: '',
    contact_name: '',
    messages: [],
    expectations: [],
    must_pass: true,
    ...start,
  }
  const lines = known ? messages : asked(messages)
  return {
    name,
    contact_name,
    messages: lines.length > 0 ? lines : [{ author: 'contact', text: '' }],
    expectations,
    must_pass,
  }
}

export type Missing = 'text' | 'last' | 'expectation' | 'value'

export function missing({ messages, expectations }: Draft): Missing[] {
  const found: Missing[] = []
  if (messages.some(({ text }) => !text.trim())) found.push('text')
  if (messages.at(-1)?.author !== 'contact') found.push('last')
  if (expectations.length === 0) found.push('expectation')
  if (expectations.some(({ kind, value }) => !NO_VALUE.has(kind) && !value?.trim())) found.push('value')
  return found
}
