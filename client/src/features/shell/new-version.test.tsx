import { act, screen } from '@testing-library/react'
import { HttpResponse, http } from 'msw'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { renderPage } from '@/test/render'
import { server } from '@/test/server'
import NewVersion from './new-version'

const page = (entry: string) => `<!doctype html><html><head>
  <script src="/theme.js"></script>
  <script type="module" crossorigin src="/assets/${entry}.js"></script></head><body></body></html>`

let deployed = page('index-a')
let looks = 0

beforeEach(() => {
  looks = 0
  deployed = page('index-a')
  // As markup, so that nothing is run: the document only has to say which entry it started with.
  document.head.insertAdjacentHTML('beforeend', '<script type="module" src="/assets/index-a.js"></script>')
  server.use(
    http.get(`${window.location.origin}/index.html`, () => {
      looks += 1
      return HttpResponse.html(deployed)
    }),
  )
  vi.useFakeTimers({ shouldAdvanceTime: true })
})

afterEach(() => {
  vi.useRealTimers()
  for (const script of document.head.querySelectorAll('script')) script.remove()
})

const minutes = (count: number) => act(() => vi.advanceTimersByTimeAsync(count * 60_000))
const words = () => screen.queryByText(/Há uma nova versão/)

it('says nothing while the same version is deployed', async () => {
  await renderPage(<NewVersion />)
  await minutes(11)
  await vi.waitFor(() => expect(looks).toBe(1))
  expect(words()).toBeNull()
})

it('offers to reload once another version is deployed', async () => {
  await renderPage(<NewVersion />)
  await minutes(5)
  expect(looks).toBe(0)
  deployed = page('index-b')
  await minutes(6)
  expect(await screen.findByText(/Há uma nova versão/)).toBeInTheDocument()
  expect(screen.getByRole('button', { name: 'Recarregar' })).toBeInTheDocument()
  await minutes(30)
  expect(looks).toBe(1)
})

it('waits until nobody is in the middle of a field', async () => {
  deployed = page('index-b')
  await renderPage(
    <>
      <textarea aria-label="texto" />
      <NewVersion />
    </>,
  )
  screen.getByLabelText('texto').focus()
  await minutes(11)
  await vi.waitFor(() => expect(looks).toBe(1))
  expect(words()).toBeNull()
  screen.getByLabelText('texto').blur()
  expect(await screen.findByText(/Há uma nova versão/)).toBeInTheDocument()
})

it('stays calm when it cannot ask', async () => {
  server.use(http.get(`${window.location.origin}/index.html`, () => HttpResponse.error()))
  await renderPage(<NewVersion />)
  await minutes(25)
  expect(words()).toBeNull()
})
