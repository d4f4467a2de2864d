// @vitest-environment node
import { describe, expect, it } from 'vitest'
import en from './en'
import { LATER, type Later } from './later'
import pt from './pt-BR'

type Words = { [key: string]: string | Words }

function flat(words: Words, path = ''): Map<string, string> {
  const all = new Map<string, string>()
  for (const [key, value] of Object.entries(words)) {
    const name = path ? `${path}.${key}` : key
    if (typeof value === 'string') all.set(name, value)
    else for (const [inner, text] of flat(value, name)) all.set(inner, text)
  }
  return all
}

const placeholders = (text: string) => [...text.matchAll(/{{\s*(\w+)/g)].map((match) => match[1]).sort()
// Portuguese has a plural of its own for millions.
const withoutMany = (names: Iterable<string>) => [...names].filter((name) => !name.endsWith('_many')).sort()

async function all(language: 'pt-BR' | 'en', core: Words): Promise<Map<string, string>> {
  const names = Object.keys(LATER) as Later[]
  const later = await Promise.all(names.map(async (name) => [name, (await LATER[name][language]()).default]))
  return flat({ ...core, ...Object.fromEntries(later) })
}

const portuguese = await all('pt-BR', pt)
const english = await all('en', en)

describe('the two languages', () => {
  it('have the same keys', () => {
    expect(withoutMany(english.keys())).toEqual(withoutMany(portuguese.keys()))
  })

  it('have the same placeholders', () => {
    const differing = withoutMany(portuguese.keys()).filter(
      (name) => String(placeholders(portuguese.get(name) ?? '')) !== String(placeholders(english.get(name) ?? '')),
    )
    expect(differing).toEqual([])
  })

  it('leave nothing empty', () => {
    expect([...portuguese, ...english].filter(([, text]) => text.trim() === '')).toEqual([])
  })

  it('have all the plurals of Portuguese', () => {
    const plural = [...portuguese.keys()].filter((name) => name.endsWith('_other')).map((name) => name.slice(0, -6))
    for (const name of plural)
      expect([...portuguese.keys()]).toEqual(expect.arrayContaining([`${name}_one`, `${name}_many`]))
  })
})
