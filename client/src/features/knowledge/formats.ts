/** What files are read, so that others are refused before they are sent. The server looks at the bytes as well. */
const ENDINGS = ['pdf', 'docx', 'xlsx', 'txt', 'md', 'html', 'htm', 'csv'] as const
const MAX = 25 * 1024 * 1024

export const ACCEPT = ENDINGS.map((ending) => `.${ending}`).join(',')

export type Refusal = 'unprocessable-file' | 'payload-too-large' | 'empty-file'

export function refusalOf(file: Pick<File, 'name' | 'size'>): Refusal | null {
  const ending = /\.([^.]+)$/.exec(file.name.toLowerCase())?.[1]
  if (!ENDINGS.some((known) => known === ending)) return 'unprocessable-file'
  if (file.size === 0) return 'empty-file'
  return file.size > MAX ? 'payload-too-large' : null
}

const LENGTH = 40
const MOST = 20

/** Tags as they are typed: with commas between them. Null: one is too long, or there are too many. */
export function readTags(text: string): string[] | null {
  const tags = [...new Set(text.split(',').map((tag) => tag.trim()))].filter(Boolean)
  return tags.length > MOST || tags.some((tag) => tag.length > LENGTH) ? null : tags
}
