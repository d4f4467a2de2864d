/** A made-up conversation as the playground keeps it, and as the API takes it. */
import type { PlaygroundAnswer, SpokenLine } from '@/api/types'

export type TalkTurn = { author: 'contact'; text: string } | { author: 'assistant'; given: PlaygroundAnswer }
export type Talk = readonly TalkTurn[]

/** The API takes thirty lines; older ones are left out. */
const MOST = 30

export function linesOf(talk: Talk): SpokenLine[] {
  const lines = talk.flatMap((turn): SpokenLine[] =>
    turn.author === 'contact'
      ? [{ author: 'contact', text: turn.text }]
      : turn.given.bubbles.map((text) => ({ author: 'assistant', text })),
  )
  return lines.slice(-MOST)
}

/** Up to the contact's last words: what an answer is expected to. */
export function asked(lines: readonly SpokenLine[]): SpokenLine[] {
  return lines.slice(0, lines.findLastIndex(({ author }) => author === 'contact') + 1)
}
