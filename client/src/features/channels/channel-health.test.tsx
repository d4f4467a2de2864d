import { screen } from '@testing-library/react'
import { HttpResponse, http } from 'msw'
import { expect, it } from 'vitest'
import type { Channel } from '@/api/types'
import { channel } from '@/test/data'
import { renderPage } from '@/test/render'
import { at, server } from '@/test/server'
import { ChannelCard } from './channel-card'

const CALM = { messages: 0, found_at: null, reconciled_at: '2026-11-20T12:00:00Z' }

async function show(health: object, part: Partial<Channel> = {}) {
  server.use(
    http.get(at('/channels/channel-1/health'), () =>
      HttpResponse.json({
        last_event_at: null,
        breaker: 'closed',
        cause: null,
        advice: null,
        gaps: CALM,
        pace: null,
        restriction: null,
        ...health,
      }),
    ),
  )
  await renderPage(<ChannelCard channel={channel(part)} others={[]} editable onConnect={() => undefined} />)
  return screen.findByTestId('channel-health')
}

it('says that all is well, and up to when that is known', async () => {
  const box = await show({})
  expect(box).toHaveTextContent('Envios normais')
  expect(box).toHaveTextContent('Conferido com o provedor até 20/11, 09:00')
  expect(box).not.toHaveTextContent('buscad')
})

it('says that sends are held and what to do', async () => {
  const box = await show({ breaker: 'open', cause: 'provider-failing', advice: 'wait-for-provider' })
  expect(box).toHaveTextContent('Envios em espera: o provedor está falhando')
  expect(box).toHaveTextContent('O provedor está com problemas. Esperando voltar.')
})

it('says how many messages had to be fetched', async () => {
  const box = await show({
    gaps: { ...CALM, messages: 2, found_at: '2026-11-20T11:30:00Z' },
    cause: 'webhooks-missing',
    advice: 'restart',
  })
  expect(box).toHaveTextContent('2 mensagens que o provedor não avisou foram buscadas nos últimos 7 dias')
  expect(box).toHaveTextContent('Reinicie a conexão.')
})

it('does not repeat what the state says', async () => {
  const box = await show({ cause: 'disconnected', advice: 'scan-qr' }, { state: 'disconnected' })
  expect(box).not.toHaveTextContent('Leia o código QR de novo.')
  expect(box).not.toHaveTextContent('Envios normais')
})

it('knows no advice of tomorrow', async () => {
  expect(await show({ cause: 'music', advice: 'dance' })).toHaveTextContent('Envios normais')
})

it('says what the number may start, and that WhatsApp forbids it', async () => {
  const pace = { limit: 24, used: 3, most: 300, replies: 0.4, started: 12, next_at: null }
  const box = await show({
    cause: 'restricted',
    advice: 'wait-restriction',
    pace,
    restriction: { code: 'reachout-timelock', since: '2026-11-20T12:00:00Z', until: '2026-11-21T12:00:00Z' },
  })
  expect(box).toHaveTextContent('O WhatsApp proibiu este número de iniciar conversas.')
  expect(box).toHaveTextContent('Sem iniciar conversas até 21/11, 09:00')
  expect(box).toHaveTextContent('iniciar em 24 horas: 24. Iniciadas: 3.')
  expect(box).toHaveTextContent('40% das pessoas responderam')
})

it('names a cause that no state shows', async () => {
  const box = await show({ cause: 'code-missing', advice: 'check-provider' }, { state: 'disconnected' })
  expect(box).toHaveTextContent('O provedor não mostrou nenhum código em um minuto.')
})
