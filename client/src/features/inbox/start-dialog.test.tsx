import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { beforeEach, expect, it } from 'vitest'
import type { Channel, ContactDetail, Conversation } from '@/api/types'
import { channel, contact, conversation, message } from '@/test/data'
import { renderPage } from '@/test/render'
import { at, server } from '@/test/server'
import StartDialog from './start-dialog'

const official = channel({
  id: 'channel-2',
  name: 'Oficial',
  capabilities: { ...channel().capabilities, official: true, templates: true, window_24h: true },
})
const ana: ContactDetail = {
  ...contact({ id: 'contact-1', name: 'Ana', phone: '+5511955550001' }),
  merges: [],
  consents: [],
}

let sent: unknown[] = []
let keys: (string | null)[] = []

function given({ channels = [channel()], threads = [] }: { channels?: Channel[]; threads?: Conversation[] } = {}) {
  server.use(
    http.get(at('/channels'), () => HttpResponse.json({ items: channels, next_cursor: null })),
    http.get(at('/contacts/contact-1'), () => HttpResponse.json(ana)),
    http.get(at('/conversations'), () => HttpResponse.json({ items: threads, next_cursor: null })),
  )
}

beforeEach(() => {
  sent = []
  keys = []
})

it('says it once, however often it is asked to after a lost answer', async () => {
  given()
  server.use(
    http.post(at('/conversations'), async ({ request }) => {
      sent.push(await request.json())
      keys.push(request.headers.get('Idempotency-Key'))
      return sent.length === 1
        ? HttpResponse.json({ code: 'upstream-timeout', status: 504 }, { status: 504 })
        : HttpResponse.json(message({ direction: 'out', status: 'queued' }), { status: 201 })
    }),
  )
  await renderPage(<StartDialog contactId="contact-1" onClose={() => undefined} />)
  await userEvent.type(await screen.findByTestId('write-text'), 'Oi, Ana!')
  expect(screen.getByText(/as primeiras mensagens saem aos poucos/)).toBeVisible()
  await userEvent.click(screen.getByTestId('write-send'))
  expect(await screen.findByRole('alert')).toHaveTextContent('não respondeu a tempo')
  await userEvent.click(screen.getByTestId('write-send'))
  await waitFor(() => expect(sent).toHaveLength(2))
  expect(sent[1]).toEqual({
    ...(sent[0] as object),
    text: 'Oi, Ana!',
    contact_id: 'contact-1',
    channel_id: 'channel-1',
  })
  expect(keys[0]).toBe(keys[1])
})

it('lets only a template come first where the window is closed, and words where it is open', async () => {
  const soon = new Date(Date.now() + 3_600_000).toISOString()
  const open = conversation({ channel: { id: 'channel-2', name: 'Oficial', provider: 'x' }, window_expires_at: soon })
  const greeting = {
    ...{ name: 'ola', language: 'pt_BR', category: 'utility', status: 'approved', quality: null, reason: null },
    ...{ header: null, header_file: null, body: 'Olá, {{1}}!', footer: null, buttons: [], variables: ['body.1'] },
    updated_at: '2026-11-20T12:00:00Z',
  }
  given({ channels: [official], threads: [] })
  server.use(
    http.get(at('/channels/channel-2/templates'), () => HttpResponse.json({ items: [greeting], next_cursor: null })),
    http.post(at('/conversations'), async ({ request }) => {
      sent.push(await request.json())
      return HttpResponse.json(message({ direction: 'out', type: 'template', status: 'queued' }), { status: 201 })
    }),
  )
  const first = await renderPage(<StartDialog contactId="contact-1" onClose={() => undefined} />)
  expect(await screen.findByText(/só um modelo aprovado/)).toBeVisible()
  expect(screen.queryByTestId('write-text')).toBeNull()
  await userEvent.click(await screen.findByTestId('template-ola'))
  await userEvent.type(screen.getByTestId('template-body-1'), 'Ana')
  await userEvent.click(screen.getByTestId('template-send'))
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]).toMatchObject({
    ...{ channel_id: 'channel-2', contact_id: 'contact-1' },
    template: { name: 'ola', language: 'pt_BR', variables: { 'body.1': 'Ana' } },
  })
  first.unmount()
  given({ channels: [channel(), official], threads: [open] })
  await renderPage(<StartDialog contactId="contact-1" onClose={() => undefined} />)
  expect(await screen.findByTestId('write-text')).toBeVisible()
  expect(screen.getByTestId('write-channel')).toHaveValue('channel-2')
  expect(screen.getByText(/Já existe uma conversa neste canal/)).toBeVisible()
})

it('makes a contact of a number that nobody knows', async () => {
  const made: unknown[] = []
  given()
  server.use(
    http.get(at('/contacts'), ({ request }) =>
      HttpResponse.json({ items: new URL(request.url).searchParams.has('q') ? [] : [ana], next_cursor: null }),
    ),
    http.post(at('/contacts'), async ({ request }) => {
      made.push(await request.json())
      return HttpResponse.json(ana, { status: 201 })
    }),
  )
  await renderPage(<StartDialog contactId={null} onClose={() => undefined} />)
  expect(await screen.findByTestId('write-choice')).toHaveTextContent('Ana')
  await userEvent.type(screen.getByTestId('write-search'), '(11) 95555-0001')
  await userEvent.click(await screen.findByTestId('write-number'))
  expect(await screen.findByTestId('write-text')).toBeVisible()
  expect(made).toEqual([{ name: '(11) 95555-0001', phone: '(11) 95555-0001' }])
})
