// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { parseRichText, type Span } from './rich-text-parse'

const plain = (spans: Span[]): string =>
  spans
    .map((span) => {
      if ('inner' in span) return `<${span.kind}>${plain(span.inner)}</${span.kind}>`
      return span.kind === 'text' ? span.text : `<${span.kind}>${span.text}</${span.kind}>`
    })
    .join('')

describe('the marks of WhatsApp', () => {
  it.each([
    ['um *forte* aqui', 'um <bold>forte</bold> aqui'],
    ['*_os dois_*', '<bold><italic>os dois</italic></bold>'],
    ['~fora~ ```a*b*```', '<strike>fora</strike> <code>a*b*</code>'],
    ['2*3*4 e nome_de_arquivo', '2*3*4 e nome_de_arquivo'],
    ['* não é forte *', '* não é forte *'],
    ['veja https://a.test/x_y_z.', 'veja <link>https://a.test/x_y_z</link>.'],
    ['javascript:alert(1) ftp://a', 'javascript:alert(1) ftp://a'],
    ['', ''],
  ])('%s', (text, shown) => expect(plain(parseRichText(text))).toBe(shown))

  it('reads a long text with many marks quickly', () => {
    const start = performance.now()
    parseRichText('*_~'.repeat(1_300))
    parseRichText(`${'*a '.repeat(1_300)}*`)
    expect(performance.now() - start).toBeLessThan(500)
  })

  it('loses nothing', () => {
    const text = 'a *b* _c_ https://d.test, ```e``` ~f~ *'
    expect(plain(parseRichText(text)).replace(/<\/?\w+>/g, '')).toBe(text.replace(/[*_~`](?=\S)|(?<=\S)[*_~`]/g, ''))
  })
})
