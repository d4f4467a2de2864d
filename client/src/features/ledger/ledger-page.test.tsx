import { useNavigate, useSearch } from '@tanstack/react-router'
import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { channel, me } from '@/test/data'
import { renderPage } from '@/test/render'
import { at, server } from '@/test/server'
import { LedgerPage } from './ledger-page'
import { parseLedgerSearch } from './range'

const NONE = {
  received: 0,
  processed: 0,
  ignored: {},
  quarantined: 0,
  dead: 0,
  signals: 0,
  answered: 0,
  handed_over: 0,
  pending: 0,
}
const sums = { ...NONE, received: 1234, processed: 1229, signals: 1200, answered: 20, handed_over: 7, pending: 2 }
const full = { ...sums, ignored: { group: 3, 'a-new-reason': 1 }, quarantined: 1 }
const item = { ...full, day: '2026-11-20', channel_id: 'channel-1' }

let asked: string[] = []

function answer(body: object, status = 200): void {
  server.use(
    http.get(at('/ledger'), ({ request }) => {
      asked.push(new URL(request.url).search)
      return HttpResponse.json(body, { status })
    }),
    http.get(at('/channels'), () => HttpResponse.json({ items: [channel()], next_cursor: null })),
  )
}

function Shown() {
  const navigate = useNavigate()
  const search = parseLedgerSearch(useSearch({ strict: false }))
  return <LedgerPage search={search} onSearch={(next) => void navigate({ to: '/ledger', search: next })} />
}

const show = (path = '/ledger?from=2026-11-15&to=2026-11-21') => renderPage(<Shown />, { path })
const table = () => screen.findByRole('table')

beforeEach(() => {
  asked = []
})
afterEach(() => vi.unstubAllGlobals())

describe('the ledger', () => {
  it('asks for the days in the address', async () => {
    answer({ items: [item], totals: full })
    await show()
    await table()
    expect(asked).toEqual(['?from=2026-11-15&to=2026-11-21'])
  })

  it('shows both sides of the equation and that it closes', async () => {
    answer({ items: [item], totals: full })
    await show()
    const box = await screen.findByRole('region', { name: 'A conta do período' })
    expect(box).toHaveTextContent(
      /Recebidos1\.234=é igual aRespondidos20\+maisCom pessoas7\+maisSinais1\.200\+maisIgnorados4\+maisPendentes2\+maisQuarentena1\+maisFalharam0/,
    )
    expect(within(box).getByText('A conta fecha')).toBeInTheDocument()
  })

  it('says by how much it does not close', async () => {
    answer({ items: [{ ...item, signals: 1197 }], totals: { ...full, signals: 1197 } })
    await show()
    const box = await screen.findByRole('region', { name: 'A conta do período' })
    expect(within(box).getByText('Diferença de 3 eventos')).toBeInTheDocument()
    expect(within(box).getByText(/defeito nosso/)).toBeInTheDocument()
    expect(within(await table()).getByText('Diferença de 3 eventos')).toBeInTheDocument()
  })

  it('leads from a figure to its events', async () => {
    answer({ items: [item], totals: full })
    await show()
    const link = within(await table()).getByRole('link', { name: /^1 Quarentena, sex.*, 20\/11, Recepção: ver/ })
    expect(link).toHaveAttribute('href', '/events?class=quarantined&day=2026-11-20&channel=channel-1')
  })

  it('gives the reasons in words, each with its events; a new one as it came', async () => {
    answer({ items: [item], totals: full })
    await show()
    await userEvent.click(within(await table()).getByRole('button', { name: /^Motivos de .*20\/11, Recepção$/ }))
    const link = within(await table()).getByRole('link', { name: /^3 Grupo/ })
    expect(link).toHaveAttribute('href', '/events?class=ignored&day=2026-11-20&channel=channel-1&reason=group')
    expect(within(await table()).getByText('a-new-reason')).toBeInTheDocument()
  })

  it('links sums only where one day has a list of just those', async () => {
    answer({ items: [item], totals: full })
    await show('/ledger?from=2026-11-20&to=2026-11-20')
    const box = await screen.findByRole('region', { name: 'A conta do período' })
    expect(within(box).getByRole('link', { name: /^20 Respondidos/ })).toHaveAttribute(
      'href',
      '/events?class=answered&day=2026-11-20',
    )
  })

  it('shows cards where a table has no room', async () => {
    vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: vi.fn(), removeEventListener: vi.fn() }))
    answer({ items: [item], totals: full })
    await show()
    expect(await screen.findByRole('heading', { level: 3, name: /20\/11/ })).toBeInTheDocument()
    expect(screen.queryByRole('table')).toBeNull()
    expect(screen.getAllByRole('link', { name: /Com pessoas/ })).toHaveLength(1)
  })

  it('says what is wrong with a range, and does not ask for it', async () => {
    answer({ items: [item], totals: full })
    await show()
    await table()
    const to = screen.getByLabelText('Até')
    await userEvent.clear(to)
    expect(await screen.findByRole('alert')).toHaveTextContent('Escolha as duas datas.')
    await userEvent.type(to, '2026-11-01')
    expect(await screen.findByRole('alert')).toHaveTextContent('O fim precisa ser igual ou posterior')
    expect(asked).toHaveLength(1)
    await userEvent.click(screen.getByRole('button', { name: 'Hoje' }))
    await vi.waitFor(() => expect(asked).toHaveLength(2))
    expect(screen.queryByRole('alert')).toBeNull()
  })

  it('says so when nothing came', async () => {
    answer({ items: [], totals: NONE })
    await show()
    expect(await screen.findByText('Nada recebido neste período')).toBeInTheDocument()
  })

  it('says why it cannot be shown, and tries again', async () => {
    answer({ code: 'unavailable', request_id: 'req-1' }, 503)
    await show()
    const alert = await screen.findByRole('alert')
    expect(alert).toHaveTextContent('Serviço indisponível')
    expect(alert).toHaveTextContent('req-1')
    answer({ items: [item], totals: full })
    await userEvent.click(within(alert).getByRole('button', { name: 'Tentar de novo' }))
    expect(await table()).toBeInTheDocument()
  })

  it('is for those who run the company', async () => {
    answer({ items: [item], totals: full })
    await renderPage(<Shown />, { me: { ...me, role: 'agent', permissions: ['conversations:write'] } })
    expect(screen.getByText(/Só donos e administradores/)).toBeInTheDocument()
    expect(asked).toEqual([])
  })
})
