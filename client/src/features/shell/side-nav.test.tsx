import { screen, within } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import { me } from '@/test/data'
import { renderPage } from '@/test/render'
import { SideNav } from './side-nav'

async function links(permissions: string[]): Promise<string[]> {
  await renderPage(<SideNav progress={null} onSearch={vi.fn()} onLogout={vi.fn()} />, { me: { ...me, permissions } })
  const nav = screen.getByRole('navigation')
  return within(nav)
    .getAllByRole('link')
    .map((link) => String(link.getAttribute('href')))
}

it('leads those who run the company to ledger and events', async () => {
  expect(await links(me.permissions)).toEqual([
    '/inbox',
    '/assistant',
    '/knowledge',
    '/channels',
    '/ledger',
    '/events',
    '/usage',
    '/settings',
  ])
})

it('does not show them to those who would be turned away', async () => {
  expect(await links(['conversations:write'])).toEqual([
    '/inbox',
    '/assistant',
    '/knowledge',
    '/channels',
    '/usage',
    '/settings',
  ])
})
