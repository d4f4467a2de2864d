import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, it } from 'vitest'
import type { TracePassage } from '@/api/types'
import { trace } from '@/test/data'
import { renderPage } from '@/test/render'
import { at, server } from '@/test/server'
import { TraceView } from './trace-view'

const passage = (part: Partial<TracePassage>): TracePassage => ({
  mark: 'k1',
  document_id: 'document-1',
  chunk_id: 'chunk-1',
  title: 'Tabela de preços',
  heading: 'Limpeza',
  page: 3,
  score: 0.5,
  cited: false,
  ...part,
})

it('shows first what the answer rests on, with its text', async () => {
  server.use(
    http.get(at('/documents/:document/passages/:chunk'), ({ params }) =>
      params.chunk === 'chunk-2'
        ? HttpResponse.json({ ...passage({}), text: 'R$ 180' })
        : HttpResponse.json({ code: 'not-found' }, { status: 404 }),
    ),
  )
  const passages = [passage({ score: 0.9 }), passage({ chunk_id: 'chunk-2', page: null, cited: true, score: 0.4 })]
  await renderPage(<TraceView trace={trace({ passages })} />)
  const [first, second] = screen.getAllByTestId('passage')
  expect(first).toHaveTextContent('Citado')
  expect(await within(first as HTMLElement).findByText('R$ 180')).toBeInTheDocument()
  expect(second).toHaveTextContent('Tabela de preços, p. 3')
  expect(second).toHaveTextContent('90%')
  await userEvent.click(screen.getByRole('button', { name: 'Ver o trecho de Tabela de preços, p. 3' }))
  expect(await within(second as HTMLElement).findByText(/não existe mais/)).toBeInTheDocument()
})

it('tells tools, tries, tokens and both currencies', async () => {
  const call = { model: 'gpt-4o-mini', outcome: 'moon-phase', milliseconds: 12, input_tokens: 1, output_tokens: 1 }
  const tool = {
    name: 'search_knowledge',
    outcome: 'done',
    milliseconds: 8,
    arguments: '{"query":"preço"}',
    result: '',
  }
  await renderPage(<TraceView trace={trace({ calls: [call], tools: [tool] })} />)
  const view = screen.getByTestId('trace')
  expect(view).toHaveTextContent('moon-phase')
  expect(view).toHaveTextContent('{"query":"preço"}')
  expect(view).toHaveTextContent('100 lidos, 20 escritos')
  expect(view.textContent?.replace(/\s/g, ' ')).toContain('R$ 0,00015 (US$ 0,00003)')
})
