import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { askToNotify, notificationPermission, setAlert, useAlerts } from '@/lib/alerts'
import { Button } from '@/ui/button'
import { Card } from '@/ui/card'
import { Notice } from '@/ui/notice'
import { Switch } from '@/ui/switch'

/** What calls a person to a waiting conversation, in this browser. The browser is asked only when the switch is used. */
export function AlertsCard() {
  const { t } = useTranslation('settings')
  const { sound, notification } = useAlerts()
  const [permission, setPermission] = useState(notificationPermission)
  const [silent, setSilent] = useState(false)
  const possible = permission === 'granted' || permission === 'default'
  const notifies = notification && permission === 'granted'

  const listen = async () => setSilent(!(await (await import('@/lib/ring')).ring('test')))
  const turnSound = (on: boolean) => {
    setAlert('sound', on)
    if (on) void listen()
  }
  const turnNotification = async (on: boolean) => {
    if (!on) return setAlert('notification', false)
    const answer = await askToNotify()
    setPermission(answer)
    setAlert('notification', answer === 'granted')
  }
  const test = async () => {
    if (sound) await listen()
    if (notifies)
      (await import('@/lib/ring')).show({ name: 'test', title: t('alerts.example'), onOpen: () => undefined })
  }

  return (
    <Card title={t('alerts.title')} detail={t('alerts.detail')}>
      <div className="flex flex-col gap-3">
        <Switch label={t('alerts.sound')} checked={sound} onChange={turnSound} />
        <Switch
          label={t('alerts.notification')}
          hint={t('alerts.notificationHint')}
          checked={notifies}
          disabled={!possible}
          onChange={(on) => void turnNotification(on)}
        />
        {permission === 'denied' && <Notice tone="warn">{t('alerts.denied')}</Notice>}
        {permission === 'unsupported' && <Notice tone="info">{t('alerts.unsupported')}</Notice>}
        {silent && <Notice tone="warn">{t('alerts.silent')}</Notice>}
        <div>
          <Button variant="secondary" disabled={!sound && !notifies} onClick={() => void test()}>
            {t('alerts.test')}
          </Button>
        </div>
      </div>
    </Card>
  )
}
