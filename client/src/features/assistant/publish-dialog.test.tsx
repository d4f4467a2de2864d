import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { keys } from '@/api/keys'
import { assistant, me, testRun } from '@/test/data'
import { renderPage } from '@/test/render'
import { at, server } from '@/test/server'
import PublishDialog from './publish-dialog'

let sent: { note: string | null; override_reason: string | null }[] = []
let answers: (() => Response)[] = []
const onClose = vi.fn()

const FAILED = {
  ...{ code: 'tests-failed', status: 409, test_run_id: 'run-1', total: 10, passed: 7, pass_rate: 80 },
  published_passed: 9,
  failures: [
    {
      ...{ test_id: 't', name: 'Preço da limpeza', must_pass: true, passed_before: true, answer: 'R$ 90' },
      reasons: ['Does not contain R$ 180'],
    },
  ],
}

beforeEach(() => {
  sent = []
  onClose.mockClear()
  server.use(
    http.get(at('/assistants/:id/versions/:number/diff'), () =>
      HttpResponse.json({
        from_version: 1,
        to_version: null,
        changes: [{ field: 'tone', before: 'warm', after: 'formal' }],
      }),
    ),
    http.post(at('/assistants/:id/publish'), async ({ request }) => {
      sent.push((await request.json()) as (typeof sent)[number])
      return (answers.shift() ?? (() => HttpResponse.json(assistant({ published_version: 2 }))))()
    }),
  )
})

const refuse = (body: object) => () => HttpResponse.json(body, { status: 409 })
const show = (who = me) =>
  renderPage(<PublishDialog assistant={assistant({ dirty: true })} onClose={onClose} />, { me: who })
const publish = async () => userEvent.click(await screen.findByTestId('publish-confirm'))

describe('publishing', () => {
  it('shows what changes, and keeps the note', async () => {
    answers = []
    await show()
    expect(await screen.findByText('formal')).toBeInTheDocument()
    await userEvent.type(screen.getByLabelText('Nota (opcional)'), 'Tom novo')
    await publish()
    await expect.poll(() => onClose.mock.calls.length).toBe(1)
    expect(sent).toEqual([{ note: 'Tom novo', override_reason: null }])
  })

  it('lists the tests that failed; an owner may publish anyway, with a reason', async () => {
    answers = [refuse(FAILED)]
    await show()
    await publish()
    expect(await screen.findByText('Preço da limpeza')).toBeInTheDocument()
    expect(screen.getByTestId('refused')).toHaveTextContent('7 de 10 passaram; são precisos 80 %')
    expect(screen.getByTestId('refused')).toHaveTextContent('A versão no ar passa em 9.')
    expect(screen.getByText('R$ 90')).toBeInTheDocument()
    expect(screen.getByTestId('publish-anyway')).toBeDisabled()
    await userEvent.type(screen.getByTestId('override-reason'), 'Preço mudou')
    await userEvent.click(screen.getByTestId('publish-anyway'))
    await expect.poll(() => sent.at(-1)?.override_reason).toBe('Preço mudou')
  })

  it('offers nobody else to publish anyway', async () => {
    answers = [refuse(FAILED)]
    await show({ ...me, role: 'admin' })
    await publish()
    expect(await screen.findByText('Só um dono da empresa pode publicar mesmo assim.')).toBeInTheDocument()
    expect(screen.queryByTestId('publish-anyway')).toBeNull()
  })

  it('waits for the tests that it had begun, and goes on by itself', async () => {
    answers = [refuse({ code: 'conflict', test_run_id: 'run-1', test_run_state: 'queued' })]
    let asked = 0
    server.use(
      http.get(at('/test-runs/run-1'), () => {
        asked += 1
        return HttpResponse.json({ ...testRun({ state: asked > 1 ? 'finished' : 'running' }), results: [] })
      }),
    )
    const { client } = await show()
    await publish()
    expect(await screen.findByText(/Os testes do rascunho estão rodando/)).toBeInTheDocument()
    // As the event does that tells of the run.
    await client.invalidateQueries({ queryKey: keys.testRun('run-1') })
    await expect.poll(() => sent.length, { timeout: 5_000 }).toBe(2)
    await expect.poll(() => onClose.mock.calls.length).toBe(1)
  })
})
