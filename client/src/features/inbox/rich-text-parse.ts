/** The small language of WhatsApp's marks: *bold*, _italic_, ~strike~, ```code``` and addresses. */

export type Span =
  | { kind: 'text' | 'link' | 'code'; text: string; at: number }
  | { kind: 'bold' | 'italic' | 'strike'; inner: Span[]; at: number }

const MARKS = { '*': 'bold', _: 'italic', '~': 'strike' } as const
const TOKEN = /```([\s\S]+?)```|(https?:\/\/[^\s<>"']+)|(?<![\p{L}\p{N}])([*_~])(?=\S)([^\n]*?\S)\3(?![\p{L}\p{N}])/gu

export function parseRichText(text: string, from = 0, depth = 0): Span[] {
  const spans: Span[] = []
  let done = 0
  for (const match of text.matchAll(TOKEN)) {
    const [whole, code, link, mark, inner] = match
    if (mark && depth > 3) continue
    if (match.index > done) spans.push({ kind: 'text', text: text.slice(done, match.index), at: from + done })
    const at = from + match.index
    done = match.index + whole.length
    if (code !== undefined) spans.push({ kind: 'code', text: code, at })
    else if (link !== undefined) {
      // A full stop after an address belongs to the sentence.
      const address = link.replace(/[.,;:!?)\]]+$/, '')
      spans.push({ kind: 'link', text: address, at })
      done -= link.length - address.length
    } else if (mark !== undefined && inner !== undefined)
      spans.push({ kind: MARKS[mark as keyof typeof MARKS], inner: parseRichText(inner, at + 1, depth + 1), at })
  }
  if (done < text.length) spans.push({ kind: 'text', text: text.slice(done), at: from + done })
  return spans
}
