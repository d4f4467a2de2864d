// Fails when a route needs more gzipped JavaScript or CSS than its budget (kB of 1024 bytes). Run after `vite build`.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))
const sizes = new Map()

const gz = (file) => {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(new URL(file, dist))).length)
  return sizes.get(file)
}

function collect(key, files = new Set()) {
  const chunk = manifest[key]
  if (!chunk) throw new Error(`not in the manifest: ${key}`)
  if (files.has(chunk.file)) return files
  files.add(chunk.file)
  for (const next of chunk.imports ?? []) collect(next, files)
  return files
}

const ENTRY = 'index.html'
const route = (name) =>
  Object.keys(manifest).find((key) => key.startsWith(`src/routes/${name}.tsx`) && key.includes('component'))
const SHELL = route('_app')
const words = (namespace) => `src/i18n/pt-BR/${namespace}.json`

/** What a route downloads: the entry, the layouts above it, its own chunk and its words, each with its static imports. */
const needs = (...keys) => {
  const files = new Set()
  for (const key of [ENTRY, ...keys]) for (const file of collect(key)) files.add(file)
  return [...files].reduce((sum, file) => sum + gz(file), 0) / 1024
}

const shell = needs(SHELL)
const inbox = [SHELL, route('_app/inbox'), words('inbox')]
const above = (name, namespaces, budget) => [
  `${name}, above the shell`,
  needs(SHELL, route(`_app/${name}`), ...namespaces.map(words)) - shell,
  budget,
]
const checks = [
  ['entry', needs(), 140],
  ['login', needs(route('login'), words('auth')), 170],
  ['signup', needs(route('signup'), words('auth')), 170],
  ['inbox list', needs(...inbox, route('_app/inbox.index')), 175],
  ['open conversation', needs(...inbox, route('_app/inbox.$conversationId')), 230],
  above('first-steps', ['onboarding'], 60),
  above('channels', ['channels'], 60),
  above('settings', ['settings'], 60),
  above('usage', ['billing'], 60),
  above('more', [], 60),
  above('contacts', ['contacts'], 60),
  above('knowledge', ['knowledge'], 60),
  above('ledger', ['ledger', 'events'], 60),
  above('events', ['events'], 60),
  above('assistant', ['assistant'], 90),
  above('assistant_.tools', ['tools'], 60),
]
const css = Object.values(manifest).flatMap((chunk) => chunk.css ?? [])
checks.push(['css', [...new Set(css)].reduce((sum, file) => sum + gz(file), 0) / 1024, 20])

let failed = false
for (const [name, size, budget] of checks) {
  const over = size > budget
  failed ||= over
  console.log(`${over ? 'OVER' : 'ok  '} ${name.padEnd(32)} ${size.toFixed(1).padStart(7)} / ${budget} kB`)
}
process.exit(failed ? 1 : 0)
