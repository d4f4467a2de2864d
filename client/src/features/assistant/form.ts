/** The draft as a form: lists are one item per line, numbers are what was typed; back to a patch of what changed. */
import * as z from 'zod/mini'
import type { Assistant, AssistantPatch } from '@/api/types'

const lines = (text: string): string[] => [...new Set(text.split('\n').map((line) => line.trim()))].filter(Boolean)
const number = (text: string): number => Number(text.trim().replace(',', '.'))
const between = (min: number, max: number) =>
  z
    .string()
    .check(z.refine((text) => text.trim() !== '' && number(text) >= min && number(text) <= max, `number:${min}:${max}`))

const sentences = z.string().check(
  z.refine((text) => {
    const rules = lines(text)
    return rules.length <= 30 && rules.every((rule) => rule.length >= 2 && rule.length <= 500)
  }, 'rules'),
)

const MODEL = /^[A-Za-z0-9._:/-]{1,100}$/

export const schema = z.object({
  name: z.string().check(z.trim(), z.minLength(1, 'required'), z.maxLength(80, 'long')),
  enabled: z.boolean(),
  instructions: z.string().check(z.maxLength(20_000, 'long')),
  tone: z.enum(['warm', 'neutral', 'formal', 'playful']),
  hours: z.enum(['always', 'business', 'outside']),
  shadow: z.boolean(),
  rules: sentences,
  handoff_rules: sentences,
  pass_rate: z.string().check(z.refine((text) => /^\d{1,3}$/.test(text.trim()) && Number(text) <= 100, 'number:0:100')),
  handoff_keywords: z.string().check(
    z.refine((text) => {
      const words = lines(text)
      return words.length <= 30 && words.every((word) => word.length >= 2 && word.length <= 60)
    }, 'keywords'),
  ),
  quiet_seconds: between(0, 30),
  max_wait_seconds: between(0, 120),
  model: z.string().check(z.trim(), z.minLength(1, 'required'), z.regex(MODEL, 'models')),
  fallback_models: z.string().check(
    z.refine((text) => {
      const models = lines(text)
      return models.length <= 3 && models.every((model) => MODEL.test(model))
    }, 'models'),
  ),
})

export type Values = z.infer<typeof schema>

export function valuesOf(assistant: Assistant): Values {
  return {
    name: assistant.name,
    enabled: assistant.enabled,
    instructions: assistant.instructions,
    tone: assistant.tone,
    hours: assistant.hours,
    shadow: assistant.shadow,
    rules: assistant.rules.join('\n'),
    handoff_rules: assistant.handoff_rules.join('\n'),
    pass_rate: String(assistant.pass_rate),
    handoff_keywords: assistant.handoff_keywords.join('\n'),
    quiet_seconds: String(assistant.quiet_seconds),
    max_wait_seconds: String(assistant.max_wait_seconds),
    model: assistant.model,
    fallback_models: assistant.fallback_models.join('\n'),
  }
}

export function patchOf(values: Values, changed: Partial<Record<keyof Values, unknown>>): AssistantPatch {
  const all: AssistantPatch = {
    name: values.name.trim(),
    enabled: values.enabled,
    instructions: values.instructions,
    tone: values.tone,
    hours: values.hours,
    shadow: values.shadow,
    rules: lines(values.rules),
    handoff_rules: lines(values.handoff_rules),
    pass_rate: Number(values.pass_rate),
    handoff_keywords: lines(values.handoff_keywords),
    quiet_seconds: number(values.quiet_seconds),
    max_wait_seconds: number(values.max_wait_seconds),
    model: values.model.trim(),
    fallback_models: lines(values.fallback_models),
  }
  return Object.fromEntries(Object.entries(all).filter(([name]) => name in changed)) as AssistantPatch
}
