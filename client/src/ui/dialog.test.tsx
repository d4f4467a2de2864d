import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { expect, it, vi } from 'vitest'
import { renderPage } from '@/test/render'
import { ConfirmDialog } from './confirm-dialog'
import { Sheet } from './sheet'

function Opens({ as }: { as: 'dialog' | 'sheet' }) {
  const [open, setOpen] = useState(false)
  const close = () => setOpen(false)
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Abrir
      </button>
      {as === 'dialog' && (
        <ConfirmDialog open={open} title="Certo?" description="" action="Sim" onConfirm={close} onClose={close} />
      )}
      {as === 'sheet' && open && (
        <Sheet title="Evento" onClose={close}>
          Dados
        </Sheet>
      )}
    </>
  )
}

it.each(['dialog', 'sheet'] as const)('gives the focus back to what opened the %s', async (as) => {
  await renderPage(<Opens as={as} />)
  const button = screen.getByRole('button', { name: 'Abrir' })
  await userEvent.click(button)
  expect((await screen.findByRole('dialog')).contains(document.activeElement)).toBe(true)
  await userEvent.keyboard('{Escape}')
  await vi.waitFor(() => expect(button).toHaveFocus())
})
