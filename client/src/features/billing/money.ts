/** Amounts in reais as people type them. */

/** Centavos of `10`, `10,5`, `1.234,56` or `1234.56`; null where nothing stands, undefined for what is no amount. */
export function centsOf(text: string): number | null | undefined {
  const plain = text.replace(/^\s*R\$/, '').replace(/\s/g, '')
  if (plain === '') return null
  const found = /^(\d{1,3}(?:[.,]\d{3})+|\d+)(?:[.,](\d{1,2}))?$/.exec(plain)
  if (!found?.[1]) return undefined
  const cents = Number(found[1].replace(/[.,]/g, '')) * 100 + Number((found[2] ?? '').padEnd(2, '0'))
  return cents <= 1_000_000_000 ? cents : undefined
}

/** Millionths of a real, ready to be changed. */
export function reaisOf(microBrl: number, language: string): string {
  return new Intl.NumberFormat(language, { minimumFractionDigits: 2, useGrouping: false }).format(microBrl / 1_000_000)
}
