import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, it, vi } from 'vitest'
import { channel } from '@/test/data'
import { renderPage } from '@/test/render'
import { at, server } from '@/test/server'
import ChannelForm from './channel-form'

it('asks each provider for what is its own, and leaves out what is empty', async () => {
  const bodies: unknown[] = []
  server.use(
    http.post(at('/channels'), async ({ request }) => {
      bodies.push(await request.json())
      return HttpResponse.json(channel({ id: 'channel-2' }), { status: 201 })
    }),
  )
  const created = vi.fn()
  await renderPage(<ChannelForm onClose={() => undefined} onCreated={created} />)
  expect(screen.getByTestId('channel-base-url')).toBeVisible()
  await userEvent.click(screen.getByTestId('provider-whatsapp_cloud'))
  expect(screen.queryByTestId('channel-base-url')).toBeNull()
  await userEvent.type(screen.getByTestId('channel-name'), 'Oficial')
  await userEvent.type(screen.getByTestId('channel-phone-number-id'), 'abc')
  await userEvent.type(screen.getByTestId('channel-waba-id'), '900000000000001')
  await userEvent.type(screen.getByTestId('channel-access-token'), 'simulator-cloud-token')
  await userEvent.click(screen.getByTestId('channel-submit'))
  expect(await screen.findByText('Digite só os números do ID.')).toBeVisible()
  expect(bodies).toEqual([])
  await userEvent.clear(screen.getByTestId('channel-phone-number-id'))
  await userEvent.type(screen.getByTestId('channel-phone-number-id'), '700000000000001')
  await userEvent.click(screen.getByTestId('channel-submit'))
  await vi.waitFor(() => expect(created).toHaveBeenCalledWith('channel-2'))
  expect(bodies).toEqual([
    {
      name: 'Oficial',
      provider: 'whatsapp_cloud',
      config: {
        phone_number_id: '700000000000001',
        waba_id: '900000000000001',
        access_token: 'simulator-cloud-token',
      },
    },
  ])
})

it('says in our words what is missing, before and after asking the server', async () => {
  server.use(
    http.post(at('/channels'), () => {
      const errors = [{ pointer: '/config/app_secret', code: 'required', detail: 'The operator has no Meta app' }]
      return HttpResponse.json({ code: 'validation', status: 422, errors }, { status: 422 })
    }),
  )
  await renderPage(<ChannelForm onClose={() => undefined} onCreated={() => undefined} />)
  await userEvent.click(screen.getByTestId('provider-uazapi'))
  await userEvent.type(screen.getByTestId('channel-name'), 'Vendas')
  await userEvent.type(screen.getByTestId('channel-base-url'), 'https://x.uazapi.com')
  await userEvent.click(screen.getByTestId('channel-submit'))
  expect(await screen.findByText('Informe um dos dois tokens.')).toBeVisible()
  await userEvent.click(screen.getByTestId('provider-whatsapp_cloud'))
  await userEvent.type(screen.getByTestId('channel-name'), 'Oficial')
  await userEvent.type(screen.getByTestId('channel-phone-number-id'), '700000000000001')
  await userEvent.type(screen.getByTestId('channel-waba-id'), '900000000000001')
  await userEvent.type(screen.getByTestId('channel-access-token'), 'simulator-cloud-token')
  await userEvent.click(screen.getByTestId('channel-submit'))
  expect(await screen.findByText(/Esta plataforma não tem um aplicativo na Meta/)).toBeVisible()
})
