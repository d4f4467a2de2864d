import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'
import { setAlert } from '@/lib/alerts'
import { renderPage } from '@/test/render'
import { AlertsCard } from './alerts-card'

const browser = (permission: NotificationPermission, answer: NotificationPermission = permission) => {
  const requestPermission = vi.fn(async () => answer)
  vi.stubGlobal('Notification', { permission, requestPermission })
  return requestPermission
}

const sound = () => screen.getByRole('switch', { name: 'Tocar um som' })
const notification = () => screen.getByRole('switch', { name: /^Mostrar uma notificação/ })

afterEach(() => {
  setAlert('sound', false)
  setAlert('notification', false)
  vi.unstubAllGlobals()
})

it('is off by default, and asks the browser nothing by itself', async () => {
  const asked = browser('default')
  await renderPage(<AlertsCard />)
  expect(sound()).not.toBeChecked()
  expect(notification()).not.toBeChecked()
  expect(screen.getByRole('button', { name: 'Testar' })).toBeDisabled()
  expect(asked).not.toHaveBeenCalled()
})

it('asks the browser when the switch is used, and stays on', async () => {
  const asked = browser('default', 'granted')
  const view = await renderPage(<AlertsCard />)
  await userEvent.click(notification())
  expect(asked).toHaveBeenCalledOnce()
  await vi.waitFor(() => expect(notification()).toBeChecked())
  expect(localStorage.getItem('evo-alert-notification')).toBe('on')
  view.unmount()
  browser('granted')
  await renderPage(<AlertsCard />)
  expect(notification()).toBeChecked()
})

it('stays off when the browser refuses, and says what to do', async () => {
  browser('default', 'denied')
  await renderPage(<AlertsCard />)
  await userEvent.click(notification())
  expect(await screen.findByText(/O navegador bloqueou as notificações/)).toBeInTheDocument()
  expect(notification()).not.toBeChecked()
  expect(notification()).toBeDisabled()
})

it('says when the browser keeps the page silent', async () => {
  browser('default')
  await renderPage(<AlertsCard />)
  await userEvent.click(sound())
  expect(sound()).toBeChecked()
  expect(await screen.findByText(/não deixou tocar o som/)).toBeInTheDocument()
})
