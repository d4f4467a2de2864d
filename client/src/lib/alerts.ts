/** How this browser calls a person to a conversation that waits. Both ways are off until somebody turns them on here. */
import { preference } from './storage'
import { makeStore, useStore } from './store'

export interface Alerts {
  sound: boolean
  notification: boolean
}

const KEYS = { sound: 'evo-alert-sound', notification: 'evo-alert-notification' } as const
const alerts = makeStore<Alerts>({
  sound: preference.get(KEYS.sound) === 'on',
  notification: preference.get(KEYS.notification) === 'on',
})

export const useAlerts = (): Alerts => useStore(alerts)

export function setAlert(kind: keyof Alerts, on: boolean): void {
  preference.set(KEYS[kind], on ? 'on' : 'off')
  alerts.set({ ...alerts.get(), [kind]: on })
}

export type Permission = NotificationPermission | 'unsupported'

/** The browser's own word, which may be taken back there at any time. */
export function notificationPermission(): Permission {
  return typeof Notification === 'undefined' ? 'unsupported' : Notification.permission
}

/** Only ever called from a click. */
export async function askToNotify(): Promise<Permission> {
  const known = notificationPermission()
  return known === 'default' ? Notification.requestPermission() : known
}

export interface Call {
  /** Calls with one name ring once, in however many tabs the app is open. */
  name: string
  title: string
  onOpen: () => void
}

/** Rings and notifies as far as this browser was asked to. A tab in front shows its own toast, and no notification. */
export function call(about: Call): void {
  const { sound, notification } = alerts.get()
  const notify = notification && document.visibilityState === 'hidden' && notificationPermission() === 'granted'
  if (!sound && !notify) return
  void import('./ring').then(({ ring, show }) => {
    if (sound) void ring(about.name)
    if (notify) show(about)
  })
}
