import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { describe, expect, it, vi } from 'vitest'
import { keys } from '@/api/keys'
import type { Conversation } from '@/api/types'
import { conversation, me } from '@/test/data'
import { renderPage, testClient } from '@/test/render'
import { at, server } from '@/test/server'
import { bannerState, HandoffBanner } from './handoff-banner'

const mine = { id: me.member_id, name: 'Paula Ramos' }
const bia = { id: 'member-2', name: 'Bia Alves' }
const handoff = { reason: 'requested-by-contact', note: 'Quer falar de convênio', requested_at: '2026-11-20T12:00:00Z' }

it.each<[Partial<Conversation>, string, string, string | null]>([
  [{ state: 'bot' }, 'bot', 'A IA está respondendo esta conversa', 'Assumir'],
  [{ state: 'queued', handoff }, 'queued', 'A IA pediu ajuda: o contato pediu uma pessoa', 'Assumir'],
  [{ state: 'human', assignee: mine }, 'human-me', 'Você está respondendo. A IA está em pausa.', 'Devolver à IA'],
  [{ state: 'human', assignee: bia }, 'human-other', 'Bia Alves está respondendo', 'Assumir mesmo assim'],
  [{ state: 'human' }, 'human-other', 'Uma pessoa está respondendo. A IA está em pausa.', 'Assumir'],
  [{ state: 'resolved' }, 'resolved', 'Conversa resolvida', 'Reabrir'],
])('%o is %s', async (part, state, words, action) => {
  await renderPage(<HandoffBanner conversation={conversation(part)} />)
  expect(screen.getByTestId('handoff-banner')).toHaveAttribute('data-state', state)
  expect(screen.getByRole('status')).toHaveTextContent(words)
  expect(screen.getByRole('button')).toHaveTextContent(action ?? '')
})

describe('its step', () => {
  it('takes over and writes the answer of the server', async () => {
    const taken = conversation({ state: 'human', assignee: mine })
    server.use(http.post(at('/conversations/conversation-1/take-over'), () => HttpResponse.json(taken)))
    const client = testClient()
    client.setQueryData(keys.conversation('conversation-1'), conversation())
    await renderPage(<HandoffBanner conversation={conversation()} />, { client })
    await userEvent.click(screen.getByTestId('take-over'))
    await vi.waitFor(() => expect(client.getQueryData(keys.conversation('conversation-1'))).toEqual(taken))
  })

  it('asks before it takes a conversation from a colleague', async () => {
    const asked: unknown[] = []
    server.use(
      http.post(at('/conversations/conversation-1/assign'), async ({ request }) => {
        asked.push(await request.json())
        return HttpResponse.json(conversation({ state: 'human', assignee: mine }))
      }),
    )
    await renderPage(<HandoffBanner conversation={conversation({ state: 'human', assignee: bia })} />)
    await userEvent.click(screen.getByTestId('take-over'))
    const dialog = await screen.findByRole('dialog', { name: 'Bia Alves está respondendo' })
    expect(asked).toEqual([])
    const confirm = [...dialog.querySelectorAll('button')].find((each) => each.textContent === 'Assumir mesmo assim')
    await userEvent.click(confirm as HTMLButtonElement)
    await vi.waitFor(() => expect(asked).toEqual([{ member_id: me.member_id }]))
  })

  it('offers nothing to those who only read', async () => {
    await renderPage(<HandoffBanner conversation={conversation()} />, {
      me: { ...me, role: 'viewer', permissions: [] },
    })
    expect(screen.queryByRole('button')).toBeNull()
  })

  it('knows nobody before it knows who is at the screen', () => {
    expect(bannerState(conversation({ state: 'human' }), undefined)).toBe('human-other')
  })
})
