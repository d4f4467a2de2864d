import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { beforeEach, describe, expect, it } from 'vitest'
import { assistant, playgroundAnswer } from '@/test/data'
import { renderPage } from '@/test/render'
import { at, server } from '@/test/server'
import { Playground } from './playground'

interface Asked {
  messages: { author: string; text: string }[]
  contact_name: string
}

let asked: Asked[] = []
let fails = false

beforeEach(() => {
  asked = []
  fails = false
  server.use(
    http.post(at('/assistants/:id/playground'), async ({ request }) => {
      asked.push((await request.json()) as Asked)
      if (fails) return HttpResponse.json({ code: 'unavailable' }, { status: 503 })
      return HttpResponse.json(playgroundAnswer({ bubbles: [`Resposta ${asked.length}`] }))
    }),
    http.get(at('/documents'), () => HttpResponse.json({ items: [], next_cursor: null })),
  )
})

const show = () => renderPage(<Playground assistant={assistant()} unsaved={false} />)
const say = (text: string) => userEvent.type(screen.getByTestId('playground-message'), `${text}{Enter}`)

describe('the playground', () => {
  it('keeps the conversation, and tells what an answer took', async () => {
    await show()
    await say('Oi')
    expect(await screen.findByText(/Resposta 1/)).toBeInTheDocument()
    expect(screen.getByTestId('playground-answer')).toHaveTextContent('R$')
    await say('Quanto custa?')
    await screen.findByText(/Resposta 2/)
    expect(asked[1]?.messages).toEqual([
      { author: 'contact', text: 'Oi' },
      { author: 'assistant', text: 'Resposta 1' },
      { author: 'contact', text: 'Quanto custa?' },
    ])
  })

  it('asks the same again after a failure, and loses nothing', async () => {
    fails = true
    await show()
    await say('Oi')
    const again = await screen.findByRole('button', { name: 'Tentar de novo' })
    fails = false
    await userEvent.click(again)
    expect(await screen.findByText(/Resposta 2/)).toBeInTheDocument()
    expect(asked[1]).toEqual(asked[0])
  })

  it('begins anew', async () => {
    await show()
    await say('Oi')
    await screen.findByText(/Resposta 1/)
    await userEvent.click(screen.getByRole('button', { name: 'Recomeçar' }))
    expect(screen.queryByText(/Resposta 1/)).toBeNull()
    await say('Olá')
    await screen.findByText(/Resposta 2/)
    expect(asked[1]?.messages).toEqual([{ author: 'contact', text: 'Olá' }])
  })

  it('makes a test of what was asked', async () => {
    await show()
    await say('Aceita Pix?')
    await screen.findByText(/Resposta 1/)
    await userEvent.click(screen.getByRole('button', { name: 'Salvar como teste' }))
    const dialog = await screen.findByRole('dialog', { name: 'Novo teste' })
    expect(
      within(dialog)
        .getAllByTestId('case-line')
        .map((line) => (line as HTMLTextAreaElement).value),
    ).toEqual(['Aceita Pix?'])
    await userEvent.click(within(dialog).getByTestId('case-save'))
    expect(within(dialog).getByText('Diga ao menos uma coisa que a resposta precisa ter.')).toBeInTheDocument()
  })
})
