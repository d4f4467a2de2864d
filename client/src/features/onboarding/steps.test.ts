import { expect, it } from 'vitest'
import type { Assistant, Channel } from '@/api/types'
import { conversation, tenant } from '@/test/data'
import { stepsDone } from './steps'

const nothing = { channels: [], assistants: [], conversations: [], documents: 0, tenant }
const channel = (part: Partial<Channel>) => ({ state: 'disconnected', phone: null, ...part }) as Channel
const assistant = (published_version: number | null) => ({ published_version }) as Assistant

it('has nothing done in a new tenant, whose assistant is as it came', () => {
  const done = stepsDone({ ...nothing, channels: [channel({})], assistants: [assistant(1)] })
  expect(done).toEqual({ connect: false, assistant: false, knowledge: false, test: false, inbox: false })
})

it('reads each step from the data', () => {
  expect(stepsDone({ ...nothing, channels: [channel({ state: 'connected' })] }).connect).toBe(true)
  expect(stepsDone({ ...nothing, channels: [channel({ phone: '5511912345678' })] }).connect).toBe(true)
  expect(stepsDone({ ...nothing, assistants: [assistant(2)] }).assistant).toBe(true)
  expect(
    stepsDone({ ...nothing, assistants: [assistant(1)], tenant: { ...tenant, description: 'Loja' } }).assistant,
  ).toBe(true)
  expect(
    stepsDone({ ...nothing, assistants: [assistant(null)], tenant: { ...tenant, description: 'Loja' } }).assistant,
  ).toBe(false)
  expect(stepsDone({ ...nothing, documents: 1 }).knowledge).toBe(true)
  const unread = conversation({ unread_count: 1 })
  expect(stepsDone({ ...nothing, conversations: [unread] })).toMatchObject({ test: true, inbox: false })
  expect(stepsDone({ ...nothing, conversations: [{ ...unread, unread_count: 0 }] }).inbox).toBe(true)
})
