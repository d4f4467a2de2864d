/** The form of a page, a pair, or what may be changed of a document: which fields each has, and what they accept. */
import * as z from 'zod/mini'
import type { DocumentPatch, KnowledgeDocument } from '@/api/types'
import { readTags } from './formats'
import type { NewDocument } from './mutations'

const required = (max: number) =>
  z.string().check(z.trim(), z.minLength(1, 'required'), z.maxLength(max, `long:${max}`))

const tags = z.string().check(z.refine((text) => readTags(text) !== null, 'tags'))

const all = z.object({ url: z.string(), title: z.string(), question: z.string(), answer: z.string(), tags })

export type Values = z.infer<typeof all>
export type FieldName = keyof Values

export const SCHEMAS = {
  page: z.extend(all, { url: z.string().check(z.trim(), z.regex(/^https?:\/\/\S{4,1990}$/i, 'url')) }),
  pair: z.extend(all, {
    question: z.string().check(z.trim(), z.minLength(2, 'required'), z.maxLength(500, 'long:500')),
    answer: required(8000),
  }),
  titled: z.extend(all, { title: required(200) }),
}

export type Kind = keyof typeof SCHEMAS

export const FIELDS: Record<Kind, readonly FieldName[]> = {
  page: ['url', 'tags'],
  pair: ['question', 'answer', 'tags'],
  titled: ['title', 'tags'],
}

export const kindOf = (document: KnowledgeDocument): Kind => (document.source === 'pair' ? 'pair' : 'titled')

export function valuesOf(document: KnowledgeDocument | null): Values {
  return {
    url: document?.url ?? '',
    title: document?.title ?? '',
    question: document?.question ?? '',
    answer: document?.answer ?? '',
    tags: document?.tags.join(', ') ?? '',
  }
}

const tagsOf = (values: Values): string[] => readTags(values.tags) ?? []

export const pairOf = (values: Values) => ({
  question: values.question.trim(),
  answer: values.answer.trim(),
  tags: tagsOf(values),
})

export function newOf(kind: 'page' | 'pair', values: Values): NewDocument {
  return kind === 'page' ? { url: values.url.trim(), tags: tagsOf(values) } : pairOf(values)
}

/** What changed alone, so that a document whose text is as before is not read anew. */
export function patchOf(document: KnowledgeDocument, values: Values): DocumentPatch {
  const patch: DocumentPatch = {}
  for (const name of FIELDS[kindOf(document)]) {
    const value = values[name].trim()
    if (name === 'tags') {
      const tags = tagsOf(values)
      if (String(tags) !== String(document.tags)) patch.tags = tags
    } else if (name !== 'url' && value !== document[name]) patch[name] = value
  }
  return patch
}
