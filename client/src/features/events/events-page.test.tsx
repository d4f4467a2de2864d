import { useNavigate, useSearch } from '@tanstack/react-router'
import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { DeadLetter, InboundEventDetail } from '@/api/types'
import { channel, me } from '@/test/data'
import { renderPage } from '@/test/render'
import { at, server } from '@/test/server'
import { EventsPage } from './events-page'
import { parseEventsSearch } from './search'

function event(part: Partial<InboundEventDetail> = {}): InboundEventDetail {
  return {
    id: 'event-1',
    channel_id: 'channel-1',
    kind: 'messages.upsert',
    state: 'processed',
    reason: null,
    class: 'answered',
    attempts: 1,
    received_at: '2026-11-20T12:00:00Z',
    next_at: '2026-11-20T12:00:00Z',
    processed_at: null,
    error: null,
    message_id: 'message-1',
    conversation_id: 'conversation-1',
    body: '{"event":"messages.upsert","data":{"text":"Oi"}}',
    ...part,
  }
}

const letter: DeadLetter = {
  id: 'letter-1',
  kind: 'turn',
  ref_id: 'turn-1',
  reason: 'failed repeatedly',
  created_at: '2026-11-20T12:00:00Z',
  closed_at: null,
  closed_as: null,
}

const quarantined = event({
  id: 'event-2',
  state: 'quarantined',
  class: 'quarantined',
  reason: 'schema',
  message_id: null,
  conversation_id: null,
})

let asked: string[] = []
let sent: [path: string, body: unknown][] = []

beforeEach(() => {
  asked = []
  sent = []
})

function answer(events: InboundEventDetail[], letters: DeadLetter[] = [letter]): void {
  const take = async ({ request }: { request: Request }) => {
    const text = await request.text()
    sent.push([new URL(request.url).pathname.replace('/api/v1', ''), text ? JSON.parse(text) : null])
    return HttpResponse.json(request.url.endsWith('/inbound-events/replay') ? { replayed: 2 } : {})
  }
  server.use(
    http.get(at('/channels'), () => HttpResponse.json({ items: [channel()], next_cursor: null })),
    http.get(at('/queue/health'), () =>
      HttpResponse.json({
        status: 'degraded',
        queues: { message: { due: 3, oldest_seconds: 71.4, running: 1, dead: 0 } },
      }),
    ),
    http.get(at('/inbound-events'), ({ request }) => {
      const { search, searchParams } = new URL(request.url)
      asked.push(search)
      const second = searchParams.get('cursor') === 'next'
      const items = second ? [event({ id: 'event-9', kind: 'contacts.update', class: 'signals' })] : events
      return HttpResponse.json({ items, next_cursor: second || events.length === 0 ? null : 'next' })
    }),
    http.get(at('/inbound-events/:id'), ({ params }) =>
      HttpResponse.json(events.find(({ id }) => id === params.id) ?? { code: 'not-found' }),
    ),
    http.get(at('/dead-letters'), ({ request }) => {
      asked.push(new URL(request.url).search)
      return HttpResponse.json({ items: letters, next_cursor: null })
    }),
    http.post(at('/inbound-events/replay'), take),
    http.post(at('/inbound-events/:id/replay'), take),
    http.post(at('/dead-letters/:id/:verb'), take),
  )
}

function Shown() {
  const navigate = useNavigate()
  const search = parseEventsSearch(useSearch({ strict: false }))
  return <EventsPage search={search} onSearch={(next) => void navigate({ to: '/events', search: next })} />
}

const show = (path = '/events', who = me) => renderPage(<Shown />, { path, me: who })
const reader = { ...me, permissions: ['operations:read'] }
const rows = () => screen.findAllByTestId('event-row')

async function confirm(title: string, action: string): Promise<void> {
  const dialog = await screen.findByRole('dialog', { name: title })
  await userEvent.click(within(dialog).getByRole('button', { name: action }))
}

describe('the list of events', () => {
  it('asks for what the address says', async () => {
    answer([quarantined])
    await show('/events?class=quarantined&reason=schema&channel=channel-1&day=2026-11-20')
    await rows()
    expect(asked).toEqual(['?class=quarantined&reason=schema&channel=channel-1&day=2026-11-20&limit=50'])
  })

  it('says class, kind, reason and channel, and loads more', async () => {
    answer([quarantined])
    await show()
    const [row] = await rows()
    expect(row).toHaveTextContent('Em quarentena')
    expect(row).toHaveTextContent('messages.upsert')
    expect(row).toHaveTextContent('Corpo com formato inesperado · Recepção')
    await userEvent.click(screen.getByRole('button', { name: 'Carregar mais' }))
    expect(await screen.findByText('contacts.update')).toBeInTheDocument()
    expect(screen.queryByRole('button', { name: 'Carregar mais' })).toBeNull()
  })

  it('filters, offers the reasons of a class, and clears', async () => {
    answer([quarantined])
    const { router } = await show()
    await rows()
    await userEvent.selectOptions(screen.getByLabelText('Resultado'), 'Em quarentena')
    await userEvent.selectOptions(await screen.findByLabelText('Motivo'), 'Corpo ilegível')
    await vi.waitFor(() => expect(asked.at(-1)).toBe('?class=quarantined&reason=not-json&limit=50'))
    await userEvent.selectOptions(screen.getByLabelText('Resultado'), 'Falhou')
    await vi.waitFor(() => expect(asked.at(-1)).toBe('?class=dead&limit=50'))
    await userEvent.click(screen.getByRole('button', { name: 'Limpar filtros' }))
    await vi.waitFor(() => expect(router.state.location.searchStr).toBe(''))
  })

  it('tells nothing yet from nothing that matches', async () => {
    answer([])
    const view = await show()
    expect(await screen.findByText('Nenhum evento ainda')).toBeInTheDocument()
    view.unmount()
    await show('/events?class=dead')
    expect(await screen.findByText('Nenhum evento combina com os filtros')).toBeInTheDocument()
  })

  it('says whether the queues are in time', async () => {
    answer([quarantined])
    await show()
    expect(await screen.findByText('Com atraso')).toBeInTheDocument()
    expect(screen.getByRole('row', { name: 'Mensagens recebidas 3 71 s 1 0' })).toBeInTheDocument()
  })

  it('is for those who run the company', async () => {
    answer([quarantined])
    await show('/events', { ...me, permissions: [] })
    expect(screen.getByText(/Só donos e administradores/)).toBeInTheDocument()
    expect(asked).toEqual([])
  })
})

describe('one event', () => {
  it('shows what became of it, the way to its conversation, and its body in lines', async () => {
    answer([event()])
    await show()
    await userEvent.click((await rows())[0] as HTMLElement)
    const sheet = await screen.findByRole('dialog', { name: 'Evento' })
    expect(await within(sheet).findByText('A mensagem foi respondida pelo assistente.')).toBeInTheDocument()
    expect(within(sheet).getByRole('link', { name: 'Abrir a conversa' })).toHaveAttribute(
      'href',
      '/inbox/conversation-1',
    )
    expect(within(sheet).getByTestId('event-body').textContent).toBe(
      '{\n  "event": "messages.upsert",\n  "data": {\n    "text": "Oi"\n  }\n}',
    )
    expect(within(sheet).queryByTestId('replay')).toBeNull()
    await userEvent.keyboard('{Escape}')
    await vi.waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  })

  it('says when the body is gone, and shows one that is no JSON as it came', async () => {
    answer([event({ body: null }), event({ id: 'event-3', body: 'not json {' })])
    const view = await show('/events?event=event-1')
    expect(await screen.findByText(/apagado depois de 7 dias/)).toBeInTheDocument()
    view.unmount()
    await show('/events?event=event-3')
    expect((await screen.findByTestId('event-body')).textContent).toBe('not json {')
  })

  it('is replayed after a question', async () => {
    answer([quarantined])
    await show('/events?event=event-2')
    await userEvent.click(await screen.findByTestId('replay'))
    expect(sent).toEqual([])
    await confirm('Reprocessar este evento?', 'Reprocessar')
    await vi.waitFor(() => expect(sent).toEqual([['/inbound-events/event-2/replay', null]]))
    // What it was is asked again.
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(1))
  })

  it('is not replayed by those who may only read', async () => {
    answer([quarantined])
    await show('/events?event=event-2', reader)
    expect(await screen.findByTestId('event-body')).toBeInTheDocument()
    expect(screen.queryByTestId('replay')).toBeNull()
  })
})

describe('all that match', () => {
  it('are replayed by state, reason and channel, after a question that names them', async () => {
    answer([quarantined])
    await show('/events?class=quarantined&reason=schema&channel=channel-1')
    await userEvent.click(await screen.findByTestId('replay-all'))
    expect(await screen.findByRole('dialog')).toHaveTextContent('Em quarentena · Corpo com formato inesperado')
    await confirm('Reprocessar todos os que combinam?', 'Reprocessar todos')
    await vi.waitFor(() =>
      expect(sent).toEqual([
        ['/inbound-events/replay', { state: 'quarantined', reason: 'schema', channel_id: 'channel-1' }],
      ]),
    )
  })

  it('are never more than what is shown: with a day there is no such button', async () => {
    answer([quarantined])
    await show('/events?class=quarantined&day=2026-11-20')
    await rows()
    expect(screen.getByText('Para reprocessar todos, tire o filtro de dia.')).toBeInTheDocument()
    expect(screen.queryByTestId('replay-all')).toBeNull()
  })

  it.each(['/events', '/events?class=answered', '/events?class=ignored&reason=old'])(
    'are not offered at %s',
    async (path) => {
      answer([event()])
      await show(path)
      await rows()
      expect(screen.queryByTestId('replay-all')).toBeNull()
    },
  )
})

describe('dead letters', () => {
  it('are replayed and discarded after a question', async () => {
    answer([])
    await show()
    await userEvent.click(screen.getByTestId('tab-letters'))
    const row = await screen.findByTestId('letter-row')
    expect(row).toHaveTextContent('Resposta do assistente')
    expect(row).toHaveTextContent('Falhou três vezes seguidas')
    expect(asked.at(-1)).toBe('?state=open&limit=50')
    await userEvent.click(within(row).getByRole('button', { name: 'Reprocessar' }))
    expect(await screen.findByRole('dialog')).toHaveTextContent('A conversa volta para o assistente')
    await confirm('Reprocessar esta falha?', 'Reprocessar')
    await vi.waitFor(() => expect(sent).toEqual([['/dead-letters/letter-1/replay', null]]))
    await userEvent.click(within(row).getByRole('button', { name: 'Descartar' }))
    await confirm('Descartar esta falha?', 'Descartar')
    await vi.waitFor(() => expect(sent.at(-1)).toEqual(['/dead-letters/letter-1/discard', null]))
  })

  it('that are closed say how, and offer nothing', async () => {
    answer([], [{ ...letter, closed_at: '2026-11-20T15:00:00Z', closed_as: 'discarded' }])
    await show('/events?tab=letters&closed=true')
    const row = await screen.findByTestId('letter-row')
    expect(row).toHaveTextContent('Descartada em 20/11, 12:00')
    expect(within(row).queryByRole('button')).toBeNull()
    expect(asked.at(-1)).toBe('?state=closed&limit=50')
  })

  it('of an event lead to it', async () => {
    answer([event()], [{ ...letter, kind: 'event', ref_id: 'event-1' }])
    await show('/events?tab=letters')
    await userEvent.click(await screen.findByRole('link', { name: 'Ver o evento' }))
    expect(await screen.findByRole('dialog', { name: 'Evento' })).toBeInTheDocument()
  })
})
