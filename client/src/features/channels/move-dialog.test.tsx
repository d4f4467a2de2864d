import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, it } from 'vitest'
import { channel } from '@/test/data'
import { renderPage } from '@/test/render'
import { at, server } from '@/test/server'
import { MoveDialog } from './move-dialog'

const official = { ...channel().capabilities, official: true }
const OTHERS = [
  channel({ id: 'channel-2', name: 'Loja' }),
  channel({ id: 'channel-3', name: 'Oficial', provider: 'whatsapp_cloud', capabilities: official }),
]

it('offers the official channel first, moves, and says what became of it', async () => {
  let asked: unknown
  server.use(
    http.post(at('/channels/channel-1/move'), async ({ request }) => {
      asked = await request.json()
      return HttpResponse.json({ moved: 12, left: 1 })
    }),
  )
  await renderPage(<MoveDialog channel={channel()} others={OTHERS} onClose={() => undefined} />)
  expect(screen.getByRole('combobox')).toHaveValue('channel-3')
  await userEvent.click(screen.getByTestId('channel-move'))
  expect(await screen.findByText('12 conversas movidas.')).toBeVisible()
  expect(screen.getByText(/1 conversa ficou/)).toBeVisible()
  expect(asked).toEqual({ to: 'channel-3' })
})

it('says what is missing when there is no other channel', async () => {
  await renderPage(<MoveDialog channel={channel()} others={[]} onClose={() => undefined} />)
  expect(screen.getByText(/Você ainda não tem outro canal/)).toBeVisible()
  expect(screen.queryByRole('combobox')).toBeNull()
})
