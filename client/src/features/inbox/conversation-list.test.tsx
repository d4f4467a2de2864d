import { act, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { putConversation } from '@/lib/realtime/reduce'
import { conversation, message, preview } from '@/test/data'
import { renderPage } from '@/test/render'
import { at, server } from '@/test/server'
import { ConversationList } from './conversation-list'
import type { InboxSearch } from './search'

let asked: URLSearchParams[] = []

const ana = conversation({
  id: 'a',
  unread_count: 2,
  last_message: preview(message({ text: 'Pode ser amanhã?', created_at: '2026-11-20T12:10:00Z' })),
})
const bruno = conversation({
  id: 'b',
  contact: { id: 'contact-2', name: 'Bruno Lima', phone: null, opted_out_at: null },
  state: 'queued',
  last_message: preview(message({ id: 'm2', type: 'audio', text: null, created_at: '2026-11-20T12:00:00Z' })),
})

function answer(items = [ana, bruno]): void {
  server.use(
    http.get(at('/conversations'), ({ request }) => {
      asked.push(new URL(request.url).searchParams)
      return HttpResponse.json({ items, next_cursor: null })
    }),
    http.get(at('/conversations/counts'), () => HttpResponse.json({ mine: 0, queued: 1, bot: 1, all: 2, unread: 2 })),
    http.get(at('/channels'), () => HttpResponse.json({ items: [], next_cursor: null })),
  )
}

beforeEach(() => {
  asked = []
})

const rows = () => screen.findAllByTestId('conversation-row')
const show = (search: InboxSearch = {}) => renderPage(<ConversationList search={search} />)

describe('the list of conversations', () => {
  it('says name, last words, state and unread', async () => {
    answer()
    await show()
    const [first, second] = await rows()
    expect(first).toHaveTextContent('Ana Souza')
    expect(first).toHaveTextContent('Pode ser amanhã?')
    expect(first).toHaveTextContent('2 não lidas')
    expect(first).toHaveTextContent('IA respondendo')
    expect(second).toHaveTextContent('Áudio')
    expect(second).toHaveAttribute('data-conversation-id', 'b')
  })

  it('shows the counts on the tabs', async () => {
    answer()
    await show()
    const tabs = screen.getByRole('group', { name: 'Quais conversas mostrar' })
    expect(await within(tabs).findByRole('button', { name: /Aguardando.*1 conversa/ })).toBeInTheDocument()
    expect(within(tabs).getByRole('button', { name: /Todas/ })).toHaveAttribute('aria-pressed', 'true')
  })

  it.each<[InboxSearch, Record<string, string>]>([
    [{ view: 'mine' }, { state: 'human', assignee: 'me' }],
    [{ view: 'queued' }, { state: 'queued' }],
    [
      { unread: true, q: 'ana' },
      { unread: 'true', q: 'ana' },
    ],
    [{}, {}],
  ])('asks for %o with %o', async (search, query) => {
    answer()
    await show(search)
    await rows()
    expect(Object.fromEntries(asked[0] ?? [])).toEqual({ ...query, limit: '50' })
  })

  it('puts the search into the address', async () => {
    answer()
    const { router } = await show()
    await userEvent.type(screen.getByRole('searchbox', { name: 'Buscar conversas' }), 'ana')
    await vi.waitFor(() => expect(router.state.location.search).toMatchObject({ q: 'ana' }))
  })

  it('follows live changes', async () => {
    answer()
    const { client } = await show()
    await rows()
    const news = preview(message({ id: 'm9', text: 'Alô?', created_at: '2026-11-20T13:00:00Z' }))
    act(() => {
      putConversation(client, { ...bruno, last_message: news })
    })
    await vi.waitFor(async () => {
      const [first] = await rows()
      expect(first).toHaveTextContent('Bruno Lima')
      expect(first).toHaveTextContent('Alô?')
    })
  })

  it.each<[InboxSearch, string]>([
    [{}, 'Nenhuma conversa ainda'],
    [{ q: 'zzz' }, 'Nada encontrado'],
    [{ view: 'mine' }, 'Você está em dia'],
  ])('tells the three kinds of nothing apart: %o', async (search, words) => {
    answer([])
    await show(search)
    expect(await screen.findByText(words)).toBeInTheDocument()
  })

  it('shows a failure in its place, with the id of the request, and tries again', async () => {
    answer()
    server.use(
      http.get(
        at('/conversations'),
        () => HttpResponse.json({ code: 'not-found', request_id: 'r-77' }, { status: 404 }),
        {
          once: true,
        },
      ),
    )
    await show()
    expect(await screen.findByRole('alert')).toHaveTextContent('r-77')
    await userEvent.click(screen.getByRole('button', { name: 'Tentar de novo' }))
    expect(await rows()).toHaveLength(2)
  })
})
