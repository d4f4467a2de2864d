/** The last line of an answer that rests on documents, which names them, apart from what it says. */
const NAMED = /(?:^|\n\n)((?:Fontes?|Sources?): [^\n]+)$/

export function splitSources(text: string): { said: string; named: string | null } {
  const found = NAMED.exec(text)
  return found ? { said: text.slice(0, found.index), named: found[1] ?? null } : { said: text, named: null }
}
