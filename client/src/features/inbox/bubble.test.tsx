import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { describe, expect, it, vi } from 'vitest'
import type { Message } from '@/api/types'
import { me, message } from '@/test/data'
import { renderPage } from '@/test/render'
import { at, server } from '@/test/server'
import { Bubble } from './bubble'

const show = (part: Partial<Message>) =>
  renderPage(<Bubble message={message(part)} contactName="Ana Souza" joined={false} onWhy={vi.fn()} />)

const media = (kind: 'image' | 'audio' | 'document', part = {}): Message['media'] => ({
  id: null,
  kind,
  mime_type: null,
  size: null,
  name: null,
  seconds: null,
  url: null,
  expires_at: null,
  ...part,
})

const out = { direction: 'out', author: 'agent', agent: { id: 'm', name: 'Bia Alves' } } as const

describe('a bubble', () => {
  it.each<[string, Partial<Message>, string]>([
    ['text', { text: 'Bom dia' }, 'Bom dia'],
    ['audio without its file', { type: 'audio', text: null, media: media('audio', { seconds: 37 }) }, 'Áudio0:37'],
    ['image with a caption', { type: 'image', text: 'Foto', media: media('image') }, 'Foto'],
    [
      'document',
      { type: 'document', text: null, media: media('document', { name: 'a.pdf', size: 2048 }) },
      'a.pdf2 kB',
    ],
    [
      'location',
      { type: 'location', text: 'Av. Paulista', extra: { latitude: -23.5, longitude: -46.6 } },
      'Abrir no mapa',
    ],
    ['contact card', { type: 'contact', text: 'Dra. Paula' }, 'Dra. Paula'],
    ['choice', { type: 'interactive', text: 'Sim' }, 'Sim'],
    ['reaction', { type: 'reaction', text: '❤️' }, 'Reagiu com ❤️'],
    ['unsupported', { type: 'unsupported', text: null }, 'Veja no celular'],
    ['a type of tomorrow', { type: 'hologram', text: 'Texto' }, 'Texto'],
    ['deleted', { text: 'segredo', deleted_at: '2026-11-20T12:00:00Z' }, 'Mensagem apagada'],
    ['edited', { text: 'Certo', edited_at: '2026-11-20T12:00:00Z' }, 'editada'],
    ['quote', { quote: { message_id: null, text: 'Qual prefere?' } }, 'Qual prefere?'],
    ['a reaction on it', { reactions: [{ author: 'contact', emoji: '👍' }] }, 'Ana Souza reagiu com 👍'],
    ['from the phone', { direction: 'out', author: 'phone', status: 'sent' }, 'Pelo celular da empresa'],
  ])('shows %s', async (_, part, words) => {
    await show(part)
    expect(screen.getByTestId('bubble')).toHaveTextContent(words)
  })

  it('does not show what was deleted', async () => {
    await show({ text: 'segredo', deleted_at: '2026-11-20T12:00:00Z' })
    expect(screen.getByTestId('bubble')).not.toHaveTextContent('segredo')
  })

  it('keeps text as text', async () => {
    await show({ text: '<img src=x onerror=alert(1)> javascript:alert(1)' })
    expect(screen.getByTestId('bubble').querySelector('img, a')).toBeNull()
  })

  it('never shows an SVG in place', async () => {
    await show({
      type: 'image',
      text: null,
      media: media('image', { url: 'https://x.test/a.svg', mime_type: 'image/svg+xml' }),
    })
    expect(screen.getByTestId('bubble').querySelector('img')).toBeNull()
  })

  it('says its state in words', async () => {
    await show({ ...out, status: 'read' })
    expect(screen.getByRole('img', { name: 'Lida' })).toBeInTheDocument()
  })

  it('shows a reason and a way on instead of ticks when it failed', async () => {
    await show({ ...out, status: 'failed', error: { code: 'not-on-whatsapp', detail: null } })
    expect(screen.getByText('Não enviada: o número não tem WhatsApp')).toBeInTheDocument()
    expect(screen.getByRole('button', { name: 'Tentar de novo' })).toBeInTheDocument()
    expect(screen.queryByRole('img', { name: 'Não enviada' })).toBeNull()
  })

  it('says when nobody knows whether it arrived, and sends it again only after a question', async () => {
    const sent: string[] = []
    server.use(
      http.post(at('/messages/:id/resend'), ({ params }) => {
        sent.push(String(params.id))
        return HttpResponse.json(message({ ...out, status: 'queued' }))
      }),
    )
    await show({ ...out, status: 'uncertain' })
    expect(screen.getByRole('img', { name: 'Envio incerto' })).toBeInTheDocument()
    expect(screen.getByText('Não sabemos se chegou. Reenviar pode repetir a mensagem.')).toBeInTheDocument()
    await userEvent.click(screen.getByTestId('resend'))
    const dialog = await screen.findByRole('dialog', { name: 'Enviar de novo?' })
    expect(sent).toEqual([])
    await userEvent.click(within(dialog).getByRole('button', { name: 'Enviar de novo' }))
    await vi.waitFor(() => expect(sent).toEqual(['message-1']))
  })

  it('leaves the second try to those who may write', async () => {
    await renderPage(
      <Bubble message={message({ ...out, status: 'uncertain' })} contactName="Ana" joined={false} onWhy={vi.fn()} />,
      { me: { ...me, permissions: [] } },
    )
    expect(screen.queryByTestId('resend')).toBeNull()
  })

  it('gives the reasons of an answer of the assistant only where there is a trace', async () => {
    const first = await show({ direction: 'out', author: 'assistant', status: 'sent', trace_id: 't' })
    expect(screen.getByRole('button', { name: 'Por que esta resposta?' })).toBeInTheDocument()
    first.unmount()
    await show({ direction: 'out', author: 'assistant', status: 'sent' })
    expect(screen.queryByRole('button', { name: 'Por que esta resposta?' })).toBeNull()
  })

  it.each([
    ['Custa R$ 180.\n\nFonte: Tabela, p. 3', 'Custa R$ 180.', 'Fonte: Tabela, p. 3'],
    ['It is R$ 180.\n\nSources: Prices, p. 3; Rules', 'It is R$ 180.', 'Sources: Prices, p. 3; Rules'],
    ['Fonte: Tabela', '', 'Fonte: Tabela'],
  ])('leads from the documents that an answer names to their passages: %j', async (text, said, named) => {
    const onWhy = vi.fn()
    const answer = message({ direction: 'out', author: 'assistant', status: 'sent', trace_id: 't', text })
    await renderPage(<Bubble message={answer} contactName="Ana" joined={false} onWhy={onWhy} />)
    if (said) expect(screen.getByText(said)).toBeInTheDocument()
    await userEvent.click(screen.getByRole('button', { name: `${named}. Ver os trechos` }))
    expect(onWhy).toHaveBeenCalledWith(answer)
  })

  it("takes nobody else's words for sources", async () => {
    await show({ text: 'Oi\n\nFonte: um amigo' })
    expect(screen.queryByRole('button', { name: /Fonte/ })).toBeNull()
  })
})
