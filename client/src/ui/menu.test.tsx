import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import { renderPage } from '@/test/render'
import { IconButton } from './icon-button'
import { Menu } from './menu'

const onSelect = vi.fn()
const show = () =>
  renderPage(
    <Menu trigger={<IconButton label="Mais" />} groups={[{ items: [{ id: 'a', label: 'Renomear', onSelect }] }]} />,
  )

it('opens by a click, although its list comes later', async () => {
  await show()
  const button = screen.getByRole('button', { name: 'Mais' })
  expect(button).toHaveAttribute('aria-haspopup', 'menu')
  await userEvent.click(button)
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Renomear' }))
  expect(onSelect).toHaveBeenCalledOnce()
})

it.each(['{Enter}', '{ }', '{ArrowDown}'])('opens by %s, closes by Escape and gives the focus back', async (key) => {
  await show()
  await userEvent.tab()
  await userEvent.keyboard(key)
  expect(await screen.findByRole('menuitem', { name: 'Renomear' })).toBeInTheDocument()
  await userEvent.keyboard('{Escape}')
  await vi.waitFor(() => expect(screen.queryByRole('menu')).toBeNull())
  expect(screen.getByRole('button', { name: 'Mais' })).toHaveFocus()
})
