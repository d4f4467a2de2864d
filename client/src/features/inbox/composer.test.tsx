import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { conversation, me, message } from '@/test/data'
import { renderPage } from '@/test/render'
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
