import type { Template } from '@/api/types'

const VARIABLE = /\{\{\s*(\w{1,40})\s*\}\}/g

/** Header, body and footer as the contact reads them; a variable without a value stays as it is. */
export function filled(template: Template, values: Record<string, string>): string[] {
  const words = (text: string | null, place: string) =>
    text?.replace(VARIABLE, (whole, name: string) => values[`${place}.${name}`]?.trim() || whole)
  return [words(template.header, 'header'), words(template.body, 'body'), template.footer].filter(
    (part): part is string => Boolean(part),
  )
}
