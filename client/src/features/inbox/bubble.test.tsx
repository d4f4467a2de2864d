import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { describe, expect, it, vi } from 'vitest'
import { keys } from '@/api/keys'
import type { Media, Message } from '@/api/types'
import { channel, conversation, me, media, message } from '@/test/data'
import { renderPage, testClient } from '@/test/render'
import { at, server } from '@/test/server'
import { Bubble } from './bubble'

const show = (part: Partial<Message>) =>
  renderPage(<Bubble message={message(part)} contactName="Ana Souza" joined={false} onWhy={vi.fn()} />)

const out = { direction: 'out', author: 'agent', agent: { id: 'm', name: 'Bia Alves' } } as const

const LATER = '2999-01-01T00:00:00Z'

const ready = (kind: Media['kind'], part: Partial<Media> = {}): Media =>
  media(kind, { state: 'ready', url: `https://x.test/${kind}`, mime_type: `${kind}/x`, expires_at: LATER, ...part })

/** A cache that knows the conversation's channel and what it can. */
function able(part: Partial<ReturnType<typeof channel>['capabilities']>) {
  const client = testClient()
  client.setQueryData(keys.conversation('conversation-1'), conversation())
  client.setQueryData(keys.channels, [channel({ capabilities: { ...channel().capabilities, ...part } })])
  return client
}

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
    [
      'buttons',
      { type: 'interactive', text: 'Confirma?', extra: { buttons: [{ id: 's', title: 'Pode ser' }] } },
      'Pode ser',
    ],
    [
      'a list',
      { type: 'interactive', text: 'Escolha', extra: { button: 'Ver', sections: [{ rows: [{ title: 'Limpeza' }] }] } },
      'Limpeza',
    ],
    ['a poll', { type: 'poll', text: 'Que dia?', extra: { options: ['Seg', 'Ter'], votes: { Ter: 2 } } }, 'Ter2 votos'],
    [
      'a card with its phone',
      { type: 'contact', extra: { contacts: [{ name: 'Lia', phones: ['+55 11'] }] } },
      'Lia+55 11',
    ],
    ['what is seen once', { type: 'image', text: null, extra: { view_once: true } }, 'visualização única'],
    ['a transcript', { type: 'audio', transcript: 'quero marcar', media: media('audio') }, 'quero marcar'],
    [
      'why a file is not here',
      { type: 'image', text: null, media: media('image', { state: 'failed', error: 'too-large' }) },
      'O arquivo é grande demais.',
    ],
    ['reaction', { type: 'reaction', text: '❤️' }, 'Reagiu com ❤️'],
    ['unsupported', { type: 'unsupported', text: null }, 'Veja no celular'],
    ['a type of tomorrow', { type: 'hologram', text: 'Texto' }, 'Texto'],
    ['deleted', { text: 'segredo', deleted_at: '2026-11-20T12:00:00Z' }, 'Mensagem apagada'],
    ['edited', { text: 'Certo', edited_at: '2026-11-20T12:00:00Z' }, 'editada'],
    [
      'quote',
      { quote: { message_id: 'm', author: 'contact', type: 'image', text: 'Qual prefere?' } },
      'Ana SouzaImagem: Qual prefere?',
    ],
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
      media: media('image', { url: 'https://x.test/a.svg', mime_type: 'image/svg+xml', expires_at: LATER }),
    })
    expect(screen.getByTestId('bubble').querySelector('img')).toBeNull()
  })

  it('enlarges a picture by its button', async () => {
    await show({ type: 'image', text: null, media: ready('image') })
    await userEvent.click(screen.getByRole('button', { name: 'Ampliar imagem' }))
    const dialog = await screen.findByRole('dialog')
    await userEvent.click(within(dialog).getByRole('button', { name: 'Aumentar' }))
    expect(within(dialog).getByRole('status')).toHaveTextContent('150 %')
  })

  it('plays a voice note at another speed, with its words below', async () => {
    await show({ type: 'audio', text: null, transcript: 'quero marcar', media: ready('audio', { voice: true }) })
    await userEvent.click(screen.getByRole('button', { name: 'Velocidade 1×; mudar' }))
    expect(screen.getByRole('button', { name: 'Velocidade 1.5×; mudar' })).toBeInTheDocument()
    expect(screen.getByText('quero marcar')).toBeVisible()
  })

  it('renews a link that has expired before it is used', async () => {
    server.use(http.get(at('/media/:id'), () => HttpResponse.json(ready('image', { url: 'https://x.test/new' }))))
    await show({ type: 'image', text: null, media: ready('image', { expires_at: '2020-01-01T00:00:00Z' }) })
    await vi.waitFor(() =>
      expect(screen.getByAltText('Imagem enviada na conversa')).toHaveAttribute('src', 'https://x.test/new'),
    )
  })

  it('has a file that failed fetched again, where that may help', async () => {
    server.use(
      http.post(at('/media/:id/retry'), ({ params }) =>
        HttpResponse.json(media('image', { id: String(params.id), state: 'pending' })),
      ),
    )
    await show({
      type: 'image',
      text: null,
      media: media('image', { state: 'failed', error: 'not-fetched', retryable: true }),
    })
    await userEvent.click(screen.getByRole('button', { name: 'Buscar de novo' }))
  })

  it('offers what the channel can do, and no more', async () => {
    const part = { ...out, status: 'read', text: 'Às 14h' } as const
    const open = async () => {
      await userEvent.click(screen.getByRole('button', { name: 'Ações da mensagem' }))
      return (await screen.findAllByRole('menuitem')).map((item) => item.textContent)
    }
    const plain = await show(part)
    expect(await open()).toEqual(['Responder', 'Copiar texto'])
    plain.unmount()
    await renderPage(<Bubble message={message(part)} contactName="Ana" joined={false} onWhy={vi.fn()} />, {
      client: able({ reactions: true, edit: true, delete: true }),
    })
    const items = await open()
    expect(items).toContain('Reagir com 👍')
    expect(items.slice(-2)).toEqual(['Editar', 'Apagar'])
  })

  it('takes back only after a question', async () => {
    const gone: string[] = []
    server.use(
      http.delete(at('/messages/:id'), ({ params }) => {
        gone.push(String(params.id))
        return HttpResponse.json(message({ ...out, deleted_at: LATER, text: null }))
      }),
    )
    await renderPage(
      <Bubble message={message({ ...out, status: 'read' })} contactName="Ana" joined={false} onWhy={vi.fn()} />,
      { client: able({ delete: true }) },
    )
    await userEvent.click(screen.getByRole('button', { name: 'Ações da mensagem' }))
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Apagar' }))
    const dialog = await screen.findByRole('dialog', { name: 'Apagar para todos?' })
    expect(gone).toEqual([])
    await userEvent.click(within(dialog).getByRole('button', { name: 'Apagar' }))
    await vi.waitFor(() => expect(gone).toEqual(['message-1']))
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
