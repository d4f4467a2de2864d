// @vitest-environment node
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(new URL('./app.css', import.meta.url), 'utf8')

function tokens(selector: string): Record<string, string> {
  const block = css.slice(css.indexOf(selector)).match(/{([^}]*)}/)?.[1] ?? ''
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\b/g)].map((match) => [match[1], match[2]]))
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((from) => {
    const part = Number.parseInt(hex.slice(from, from + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

const light = tokens(':root')
const dark = { ...light, ...tokens('[data-theme="dark"]') }

const TEXT: [string, string][] = [
  ...['bg', 'surface', 'surface-2', 'bubble-in', 'bubble-out'].flatMap((ground): [string, string][] => [
    ['fg', ground],
    ['fg-muted', ground],
  ]),
  ['brand-fg', 'brand'],
  ['danger-fg', 'danger'],
  ...['brand', 'ai', 'ok', 'warn', 'danger', 'info'].flatMap((tone): [string, string][] => [
    [tone, `${tone}-soft`],
    [tone, 'surface'],
    [tone, 'bg'],
  ]),
  ['ai', 'bubble-out'],
  ['brand', 'bubble-out'],
  ['info', 'bubble-in'],
  ['ink', 'paper'],
]
const CONTROLS: [string, string][] = ['surface', 'bg', 'surface-2'].flatMap((ground): [string, string][] => [
  ['line-strong', ground],
  ['focus', ground],
])

describe.each([
  ['light', light],
  ['dark', dark],
])('%s theme', (_, theme) => {
  it.each(TEXT)('text %s on %s has 4.5:1', (front, ground) => {
    expect(contrast(theme[front] as string, theme[ground] as string)).toBeGreaterThanOrEqual(4.5)
  })

  it.each(CONTROLS)('control %s on %s has 3:1', (front, ground) => {
    expect(contrast(theme[front] as string, theme[ground] as string)).toBeGreaterThanOrEqual(3)
  })
})
