import '@testing-library/jest-dom/vitest'
import { cleanup } from '@testing-library/react'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { loadWords, startI18n } from '@/i18n'
import { LATER, type Later } from '@/i18n/later'
import { server } from './server'

const inBrowser = typeof document !== 'undefined'

beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' })
  if (!inBrowser) return
  await startI18n('pt-BR')
  await loadWords(...(Object.keys(LATER) as Later[]))
})

afterEach(() => {
  server.resetHandlers()
  if (inBrowser) cleanup()
})

afterAll(() => server.close())
