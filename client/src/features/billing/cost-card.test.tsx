import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Usage } from '@/api/types'
import { me } from '@/test/data'
import { renderPage } from '@/test/render'
import { at, server } from '@/test/server'
import { CostCard } from './cost-card'

const meter = { used: 0, limit: null }
const usage = (limit: number | null, used: number | null = 8_500_000): Usage => ({
  plan: 'free',
  period_start: '2026-11-01T00:00:00Z',
  period_end: '2026-12-01T00:00:00Z',
  channels: meter,
  contacts: meter,
  messages: meter,
  assistant_tokens: meter,
  documents: meter,
  assistant_cost: { used_micro_usd: 1_700_000, used_micro_brl: used, limit_micro_brl: limit },
  spent: [
    { purpose: 'answer', tokens: 9_000, micro_usd: 1_200_000, micro_brl: used && 6_000_000 },
    { purpose: 'transcription', tokens: 1_500, micro_usd: 500_000, micro_brl: used && 2_500_000 },
    { purpose: 'search', tokens: 0, micro_usd: 0, micro_brl: used && 0 },
  ],
  answer_cache: { questions: 40, hits: 10 },
})

let saved: unknown[] = []
const cost = () => screen.getByTestId('cost').textContent?.replaceAll('\u00a0', ' ')
const field = () => screen.getByLabelText('Limite por mês, em reais')

beforeEach(() => {
  saved = []
  server.use(
    http.patch(at('/budget'), async ({ request }) => {
      saved.push(await request.json())
      return HttpResponse.json({ monthly_cents: 1500, currency: 'BRL' })
    }),
  )
})

describe('what the assistant costs', () => {
  it('stands against the limit, with a warning near it', async () => {
    await renderPage(<CostCard usage={usage(10_000_000)} />)
    expect(cost()).toBe('R$ 8,50 de R$ 10,00')
    expect(screen.getByText('Perto do limite')).toBeVisible()
    expect(screen.getByRole('meter')).toHaveAttribute('aria-valuenow', '85')
    expect(screen.getByText(/^25% das perguntas avulsas \(10\)/)).toBeVisible()
    expect(field()).toHaveValue('10,00')
  })

  it('is told by what it was for', async () => {
    await renderPage(<CostCard usage={usage(10_000_000)} />)
    const rows = screen.getAllByRole('listitem').map((row) => row.textContent?.replaceAll('\u00a0', ' '))
    expect(rows).toEqual(['Respostas aos contatos9.000 tokensR$ 6,00', 'Áudios transcritos1.500 tokensR$ 2,50'])
  })

  it('gets another limit, or none', async () => {
    await renderPage(<CostCard usage={usage(10_000_000)} />)
    await userEvent.clear(field())
    await userEvent.type(field(), '15,5')
    await userEvent.click(screen.getByRole('button', { name: 'Salvar' }))
    await userEvent.clear(field())
    await userEvent.click(screen.getByRole('button', { name: 'Salvar' }))
    await expect.poll(() => saved).toEqual([{ monthly_cents: 1550 }, { monthly_cents: null }])
  })

  it('refuses what is no amount', async () => {
    await renderPage(<CostCard usage={usage(null)} />)
    await userEvent.type(field(), 'dez')
    expect(field()).toBeInvalid()
    await userEvent.click(screen.getByRole('button', { name: 'Salvar' }))
    expect(saved).toEqual([])
  })

  it('has no limit in reais where nobody knows the rate', async () => {
    await renderPage(<CostCard usage={usage(null, null)} />)
    expect(cost()).toContain('1,7')
    expect(screen.queryByRole('textbox')).toBeNull()
    expect(screen.getByText(/USD_BRL_RATE/)).toBeVisible()
  })

  it('is changed by admins only', async () => {
    await renderPage(<CostCard usage={usage(10_000_000)} />, { me: { ...me, role: 'agent', permissions: [] } })
    expect(screen.queryByRole('textbox')).toBeNull()
  })
})
