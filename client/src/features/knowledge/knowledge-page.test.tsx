import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { DocumentDetail, KnowledgeDocument, Me } from '@/api/types'
import { knowledgeDocument, me } from '@/test/data'
import { renderPage } from '@/test/render'
import { at, server } from '@/test/server'
import { KnowledgePage } from './knowledge-page'
import type { KnowledgeSearch } from './search'

const viewer: Me = { ...me, role: 'viewer', permissions: [] }
const ready = knowledgeDocument()
const pair = knowledgeDocument({
  id: 'document-2',
  title: 'Há estacionamento?',
  source: 'pair',
  question: 'Há estacionamento?',
  answer: 'Sim, no subsolo.',
  file_name: null,
  mime_type: null,
  size: null,
  pages: null,
  tags: ['loja'],
})

const page = knowledgeDocument({
  id: 'document-3',
  title: 'Horários',
  source: 'page',
  url: 'https://clinica.example/horarios',
  refresh_days: 14,
  ...{ file_name: null, mime_type: null, size: null },
})

/** What the sheet is told besides what the list says. */
let changed: Partial<DocumentDetail> = {}
let sent: { method: string; path: string; body: unknown }[] = []

function answer(items: KnowledgeDocument[], used = 2): void {
  const meter = { used: 0, limit: null }
  server.use(
    http.get(at('/documents'), () => HttpResponse.json({ items, next_cursor: null })),
    http.get(at('/documents/:id'), ({ params }) => {
      const found = items.find(({ id }) => id === params.id)
      return found
        ? HttpResponse.json({ ...found, file: null, changes: null, ...changed })
        : HttpResponse.json({}, { status: 404 })
    }),
    http.get(at('/knowledge/tags'), () => HttpResponse.json({ items: [{ tag: 'loja', documents: 1 }] })),
    http.get(at('/usage'), () =>
      HttpResponse.json({
        plan: 'free',
        ...{ channels: meter, contacts: meter, messages: meter, assistant_tokens: meter },
        documents: { used, limit: 20 },
      }),
    ),
    ...(['post', 'patch', 'delete'] as const).flatMap((method) =>
      ['/documents', '/documents/:id', '/documents/:id/:verb'].map((path) =>
        http[method](at(path), async ({ request }) => {
          const body = await request.json().catch(() => null)
          sent.push({ method, path: new URL(request.url).pathname.replace('/api/v1', ''), body })
          if (method === 'delete') return new HttpResponse(null, { status: 204 })
          return HttpResponse.json(
            { ...(items[0] ?? ready), state: 'uploaded' },
            { status: method === 'post' ? 201 : 200 },
          )
        }),
      ),
    ),
  )
}

beforeEach(() => {
  changed = {}
  sent = []
})

const show = (search: KnowledgeSearch = {}, who = me) =>
  renderPage(<KnowledgePage search={search} onSearch={() => undefined} />, { me: who, path: '/knowledge' })

describe('the page of knowledge', () => {
  it('shows what there is, how it was read, and what the plan has room for', async () => {
    answer([ready, pair], 17)
    await show()
    const [file, question] = await screen.findAllByTestId('document-row')
    expect(file).toHaveTextContent('Tabela de preços')
    expect(file).toHaveTextContent('precos.pdf · 20 kB · 4 páginas · 12 trechos')
    expect(file).toHaveTextContent('Pronto')
    expect(question).toHaveTextContent('Sim, no subsolo.')
    expect(await screen.findByText('17 de 20 documentos do plano')).toBeInTheDocument()
    expect(screen.getByRole('link', { name: 'Ver plano' })).toHaveAttribute('href', '/usage')
  })

  it('says why a document failed and what helps, and tries again', async () => {
    answer([knowledgeDocument({ state: 'failed', chunks: 0, error: { code: 'bad-table', detail: '7' } })])
    await show()
    expect(await screen.findByText('A tabela quebra na linha 7.')).toBeInTheDocument()
    expect(screen.getByText(/Corrija as aspas/)).toBeInTheDocument()
    await userEvent.click(screen.getByRole('button', { name: 'Tentar de novo' }))
    expect(await screen.findByRole('meter', { name: 'Andamento de Tabela de preços' })).toBeInTheDocument()
    expect(sent).toEqual([{ method: 'post', path: '/documents/document-1/retry', body: null }])
  })

  it('names a failure that it does not know', async () => {
    answer([knowledgeDocument({ state: 'failed', error: { code: 'moon-phase', detail: null } })])
    await show()
    expect(await screen.findByText('A leitura falhou (moon-phase).')).toBeInTheDocument()
  })

  it('keeps from readers what only editors may do', async () => {
    answer([knowledgeDocument({ state: 'failed', error: { code: 'no-text', detail: null } })])
    await show({ document: 'document-1' }, viewer)
    const sheet = await screen.findByRole('dialog', { name: 'Tabela de preços' })
    expect(within(sheet).queryByRole('button', { name: /Apagar|Editar|Tentar de novo/ })).toBeNull()
    expect(screen.queryByTestId('drop-zone')).toBeNull()
    expect(screen.queryByTestId('add-pair')).toBeNull()
  })

  it('asks before it deletes, and says that it cannot be undone', async () => {
    answer([ready])
    await show({ document: 'document-1' })
    await userEvent.click(await screen.findByTestId('document-delete'))
    const asking = await screen.findByRole('dialog', { name: 'Apagar “Tabela de preços”?' })
    expect(asking).toHaveTextContent('Não dá para desfazer.')
    expect(sent).toEqual([])
    await userEvent.click(within(asking).getByRole('button', { name: 'Apagar' }))
    expect(await screen.findByText('Nenhum documento ainda')).toBeInTheDocument()
    expect(sent).toEqual([{ method: 'delete', path: '/documents/document-1', body: null }])
  })

  it('sends of a pair only what was changed', async () => {
    answer([pair])
    await show({ document: 'document-2' })
    await userEvent.click(await screen.findByRole('button', { name: 'Editar' }))
    const field = await screen.findByTestId('document-answer')
    await userEvent.clear(field)
    await userEvent.type(field, 'Não.')
    await userEvent.click(screen.getByTestId('document-submit'))
    await expect
      .poll(() => sent)
      .toEqual([{ method: 'patch', path: '/documents/document-2', body: { answer: 'Não.' } }])
  })

  it('shows what changed on a page, and has it read again as often as wanted', async () => {
    answer([page])
    const text = 'Abrimos às 8h.'
    changed = {
      changes: {
        at: page.updated_at,
        added: [{ heading: 'Horários', text }],
        added_count: 3,
        removed: [{ heading: '', text: 'Abrimos às 9h.' }],
        removed_count: 1,
      },
    }
    await show({ document: page.id })
    const changes = await screen.findByTestId('document-changes')
    expect(changes).toHaveTextContent('3 trechos novos+HoráriosAbrimos às 8h.e mais 21 trecho saiu−Abrimos às 9h.')
    expect(screen.getByText('A cada 14 dias')).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Editar' }))
    const often = await screen.findByLabelText('Ler de novo sozinho')
    expect(
      within(often)
        .getAllByRole('option')
        .map(({ textContent }) => textContent),
    ).toEqual(['Nunca', 'Todo dia', 'A cada 7 dias', 'A cada 14 dias', 'A cada 30 dias'])
    await userEvent.selectOptions(often, 'Nunca')
    await userEvent.click(screen.getByTestId('document-submit'))
    await vi.waitFor(() =>
      expect(sent).toEqual([{ method: 'patch', path: '/documents/document-3', body: { refresh_days: null } }]),
    )
  })

  it('adds a pair, but not half of one', async () => {
    answer([])
    await show()
    await userEvent.click(await screen.findByTestId('add-pair'))
    await userEvent.type(await screen.findByTestId('document-question'), 'Aceita Pix?')
    await userEvent.click(screen.getByTestId('document-submit'))
    expect(await screen.findByText('Preencha este campo.')).toBeInTheDocument()
    await userEvent.type(screen.getByTestId('document-answer'), 'Sim.')
    await userEvent.type(screen.getByTestId('document-tags'), 'loja, preços')
    await userEvent.click(screen.getByTestId('document-submit'))
    const body = { question: 'Aceita Pix?', answer: 'Sim.', tags: ['loja', 'preços'] }
    await expect.poll(() => sent).toEqual([{ method: 'post', path: '/documents', body }])
  })

  it('shows the passages of a question, or the way to answer it', async () => {
    answer([ready])
    const place = { document_id: 'document-1', chunk_id: 'c', title: 'Tabela de preços', heading: 'Limpeza', page: 3 }
    const found = [{ ...place, text: 'R$ 180', score: 0.874 }]
    server.use(
      http.post(at('/knowledge/search'), async ({ request }) => {
        const { query } = (await request.json()) as { query: string }
        return HttpResponse.json({ items: query.startsWith('Quanto') ? found : [] })
      }),
    )
    await show({ part: 'test' })
    await userEvent.type(await screen.findByTestId('test-query'), 'Quanto custa?{Enter}')
    const passage = await screen.findByTestId('passage')
    expect(passage).toHaveTextContent('Tabela de preços, p. 3')
    expect(passage).toHaveTextContent('87%')
    await userEvent.clear(screen.getByTestId('test-query'))
    await userEvent.type(screen.getByTestId('test-query'), 'Tem convênio?{Enter}')
    await userEvent.click(await screen.findByRole('button', { name: 'Responder agora' }))
    expect(await screen.findByTestId('document-question')).toHaveValue('Tem convênio?')
  })
})
