/** The page's state in the URL; what is at its default stays out of it. */
export const SECTIONS = ['draft', 'try', 'tests', 'versions'] as const
export type Section = (typeof SECTIONS)[number]

export interface AssistantSearch {
  /** `try` is one only where there is no room for the playground beside the draft. */
  section?: Exclude<Section, 'draft'>
  /** Which assistant, where there are several. */
  assistant?: string
}

export function parseAssistantSearch(raw: Record<string, unknown>): AssistantSearch {
  const section = SECTIONS.find((each) => each === raw.section)
  return {
    ...(section && section !== 'draft' ? { section } : {}),
    ...(typeof raw.assistant === 'string' && raw.assistant ? { assistant: raw.assistant.slice(0, 64) } : {}),
  }
}
