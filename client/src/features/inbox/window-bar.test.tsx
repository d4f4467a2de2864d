import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, it } from 'vitest'
import type { Template } from '@/api/types'
import { conversation, message } from '@/test/data'
import { renderPage } from '@/test/render'
import { at, server } from '@/test/server'
import { Composer } from './composer'
import { WindowBar } from './window-bar'

const HOUR = 3_600_000
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString()

const template = (part: Partial<Template> = {}): Template => ({
  name: 'pedido_confirmado',
  language: 'pt_BR',
  category: 'utility',
  status: 'approved',
  quality: null,
  reason: null,
  header: null,
  header_file: null,
  body: 'Olá, {{1}}! Horário: {{2}}.',
  footer: 'Clínica',
  buttons: [],
  variables: ['body.1', 'body.2'],
  updated_at: '2026-11-20T12:00:00Z',
  ...part,
})

it('says nothing where nothing closes', async () => {
  await renderPage(<WindowBar conversation={conversation()} />)
  expect(screen.queryByTestId('window-bar')).toBeNull()
})

it('says how long is left', async () => {
  await renderPage(<WindowBar conversation={conversation({ window_expires_at: inHours(5.51) })} />)
  expect(screen.getByTestId('window-bar')).toHaveTextContent('Janela de 24 horas: fecha em 5 h 30 min')
})

it('closes the composer and offers a template, which is filled and sent once', async () => {
  const bodies: unknown[] = []
  const refused = template({ name: 'recusado', status: 'rejected' })
  server.use(
    http.get(at('/channels/channel-1/templates'), () =>
      HttpResponse.json({ items: [template(), refused], next_cursor: null }),
    ),
    http.post(at('/conversations/:id/messages'), async ({ request }) => {
      bodies.push(await request.json())
      return HttpResponse.json(message({ direction: 'out', status: 'queued', type: 'template' }), { status: 201 })
    }),
  )
  const late = conversation({ state: 'human', window_expires_at: inHours(-1) })
  await renderPage(
    <>
      <WindowBar conversation={late} />
      <Composer conversation={late} />
    </>,
  )
  expect(screen.getByTestId('composer')).toBeDisabled()
  expect(screen.getByTestId('composer')).toHaveAttribute('placeholder', 'Janela fechada: envie um modelo.')
  await userEvent.click(screen.getByTestId('template-open'))
  const dialog = await screen.findByRole('dialog')
  await userEvent.click(await within(dialog).findByTestId('template-pedido_confirmado'))
  expect(within(dialog).queryByTestId('template-recusado')).toBeNull()
  await userEvent.click(within(dialog).getByTestId('template-send'))
  expect(within(dialog).getAllByText('Preencha este campo.')).toHaveLength(2)
  await userEvent.type(within(dialog).getByTestId('template-body-1'), 'Ana')
  await userEvent.type(within(dialog).getByTestId('template-body-2'), '9h')
  expect(within(dialog).getByText('Olá, Ana! Horário: 9h.')).toBeVisible()
  await userEvent.click(within(dialog).getByTestId('template-send'))
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  expect(bodies).toMatchObject([
    { template: { name: 'pedido_confirmado', language: 'pt_BR', variables: { 'body.1': 'Ana', 'body.2': '9h' } } },
  ])
})
