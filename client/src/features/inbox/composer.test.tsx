import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { keys } from '@/api/keys'
import { channel, conversation, me, media, message } from '@/test/data'
import { renderPage, testClient } from '@/test/render'
import { at, server } from '@/test/server'
import { Composer } from './composer'

afterEach(() => sessionStorage.clear())

const field = () => screen.getByRole('textbox', { name: 'Responder a Ana Souza' })
const button = () => screen.getByRole('button', { name: 'Enviar' })

function collect(): string[] {
  const texts: string[] = []
  server.use(
    http.post(at('/conversations/:id/messages'), async ({ request }) => {
      const body = (await request.json()) as { text: string; client_id: string }
      texts.push(body.text)
      return HttpResponse.json(message({ direction: 'out', status: 'queued', ...body }), { status: 201 })
    }),
  )
  return texts
}

describe('the composer', () => {
  it('sends with Enter, breaks the line with Shift+Enter, and is empty afterwards', async () => {
    const texts = collect()
    await renderPage(<Composer conversation={conversation()} />)
    await userEvent.type(field(), 'Oi{Shift>}{Enter}{/Shift}tudo bem?{Enter}')
    await vi.waitFor(() => expect(texts).toEqual(['Oi\ntudo bem?']))
    expect(field()).toHaveValue('')
    expect(field()).toHaveFocus()
  })

  it('sends nothing that is only space', async () => {
    const texts = collect()
    await renderPage(<Composer conversation={conversation()} />)
    await userEvent.type(field(), '   {Enter}')
    expect(button()).toBeDisabled()
    expect(texts).toEqual([])
  })

  it('keeps a draft for each conversation', async () => {
    const first = await renderPage(<Composer conversation={conversation()} />)
    await userEvent.type(field(), 'rascunho')
    first.unmount()
    const other = await renderPage(<Composer conversation={conversation({ id: 'conversation-2' })} />)
    expect(field()).toHaveValue('')
    other.unmount()
    await renderPage(<Composer conversation={conversation()} />)
    expect(field()).toHaveValue('rascunho')
  })

  it('sends a file with the words as its caption once it is up', async () => {
    const bodies: unknown[] = []
    server.use(
      http.post(at('/media'), () => HttpResponse.json(media('image', { state: 'ready' }), { status: 201 })),
      http.post(at('/conversations/:id/messages'), async ({ request }) => {
        const body = (await request.json()) as Record<string, string>
        bodies.push(body)
        return HttpResponse.json(message({ direction: 'out', status: 'queued', client_id: body.client_id ?? null }), {
          status: 201,
        })
      }),
    )
    const client = testClient()
    client.setQueryData(keys.conversation('conversation-1'), conversation())
    const sends = ['text', 'image', 'document', 'audio'] as const
    client.setQueryData(keys.channels, [channel({ capabilities: { ...channel().capabilities, sends: [...sends] } })])
    await renderPage(<Composer conversation={conversation()} />, { client })
    await userEvent.upload(screen.getByTestId('file'), new File(['x'], 'sala.jpg', { type: 'image/jpeg' }))
    await vi.waitFor(() => expect(screen.getByTestId('attachment')).toHaveAttribute('data-ready', 'true'))
    await userEvent.type(field(), 'a sala{Enter}')
    await vi.waitFor(() =>
      expect(bodies).toEqual([{ client_id: expect.any(String), text: 'a sala', media_id: 'media-1' }]),
    )
    expect(screen.queryByTestId('attachment')).toBeNull()
  })

  it('offers no files where the channel takes none', async () => {
    await renderPage(<Composer conversation={conversation()} />)
    expect(screen.queryByRole('button', { name: 'Anexar arquivos' })).toBeNull()
  })

  it('says why one cannot write', async () => {
    await renderPage(<Composer conversation={conversation({ state: 'resolved' })} />)
    expect(field()).toBeDisabled()
    expect(field()).toHaveAttribute('placeholder', 'Reabra a conversa para responder.')
  })

  it('is closed to those who only read', async () => {
    await renderPage(<Composer conversation={conversation()} />, { me: { ...me, role: 'viewer', permissions: [] } })
    expect(field()).toBeDisabled()
  })

  it('refuses what is longer than WhatsApp takes, and says so', async () => {
    await renderPage(<Composer conversation={conversation()} />)
    await userEvent.click(field())
    await userEvent.paste('a'.repeat(4097))
    expect(screen.getByRole('alert')).toHaveTextContent('A mensagem passa de 4.096 caracteres.')
    expect(button()).toBeDisabled()
  })
})
