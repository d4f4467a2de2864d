/** The form of a page, a pair, or what may be changed of a document: which fields each has, and what they accept. */
import * as z from 'zod/mini'
import type { DocumentPatch, KnowledgeDocument } from '@/api/types'
import { readTags } from './formats'
import type { NewDocument } from './mutations'

const required = (max: number) =>
  z.string().check(z.trim(), z.minLength(1, 'required'), z.maxLength(max, `long:${max}`))

const tags = z.string().check(z.refine((text) => readTags(text) !== null, 'tags'))

const all = z.object({
  url: z.string(),
  title: z.string(),
  question: z.string(),
  answer: z.string(),
  refresh: z.string(),
  tags,
})

export type Values = z.infer<typeof all>
export type FieldName = keyof Values

export const SCHEMAS = {
  page: z.extend(all, { url: z.string().check(z.trim(), z.regex(/^https?:\/\/\S{4,1990}$/i, 'url')) }),
  pair: z.extend(all, {
    question: z.string().check(z.trim(), z.minLength(2, 'required'), z.maxLength(500, 'long:500')),
    answer: required(8000),
  }),
  titled: z.extend(all, { title: required(200) }),
  titledPage: z.extend(all, { title: required(200) }),
}

export type Kind = keyof typeof SCHEMAS

export const FIELDS: Record<Kind, readonly FieldName[]> = {
  page: ['url', 'refresh', 'tags'],
  pair: ['question', 'answer', 'tags'],
  titled: ['title', 'tags'],
  titledPage: ['title', 'refresh', 'tags'],
}

/** After how many days a page may be read again by itself; an API may have set others. */
export const REFRESH_DAYS = [1, 7, 30]
const USUAL_DAYS = 7

const KINDS = { pair: 'pair', page: 'titledPage', file: 'titled' } as const

export const kindOf = (document: KnowledgeDocument): Kind => KINDS[document.source]

export function valuesOf(document: KnowledgeDocument | null): Values {
  return {
    url: document?.url ?? '',
    title: document?.title ?? '',
    question: document?.question ?? '',
    answer: document?.answer ?? '',
    refresh: String(document ? (document.refresh_days ?? '') : USUAL_DAYS),
    tags: document?.tags.join(', ') ?? '',
  }
}

const daysOf = (values: Values): number | null => (values.refresh ? Number(values.refresh) : null)

const tagsOf = (values: Values): string[] => readTags(values.tags) ?? []

export const pairOf = (values: Values) => ({
  question: values.question.trim(),
  answer: values.answer.trim(),
  tags: tagsOf(values),
})

export function newOf(kind: 'page' | 'pair', values: Values): NewDocument {
  if (kind === 'pair') return pairOf(values)
  return { url: values.url.trim(), refresh_days: daysOf(values), tags: tagsOf(values) }
}

/** What changed alone, so that a document whose text is as before is not read anew. */
export function patchOf(document: KnowledgeDocument, values: Values): DocumentPatch {
  const patch: DocumentPatch = {}
  for (const name of FIELDS[kindOf(document)]) {
    const value = values[name].trim()
    if (name === 'tags') {
      const tags = tagsOf(values)
      if (String(tags) !== String(document.tags)) patch.tags = tags
    } else if (name === 'refresh') {
      if (daysOf(values) !== document.refresh_days) patch.refresh_days = daysOf(values)
    } else if (name !== 'url' && value !== document[name]) patch[name] = value
  }
  return patch
}
