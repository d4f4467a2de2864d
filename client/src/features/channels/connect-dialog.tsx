import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { keys } from '@/api/keys'
import type { Channel } from '@/api/types'
import { isLive } from '@/lib/realtime/live'
import { forgetQr } from '@/lib/realtime/signals'
import { Dialog } from '@/ui/dialog'
import { ConnectDone } from './connect-done'
import { useConnect } from './mutations'
import { PairByPhone } from './pair-by-phone'
import { QrPane } from './qr-pane'
import { TokenPane } from './token-pane'
import { WebhookBox } from './webhook-box'

const ASK_EVERY = 5_000

interface Props {
  channel: Channel
  onClose: () => void
}

export default function ConnectDialog({ channel, onClose }: Props) {
  const { t } = useTranslation('channels')
  const client = useQueryClient()
  const connect = useConnect(channel.id)
  const { mutate } = connect
  const { id, state } = channel
  const pairs = channel.capabilities.pairing ?? true
  const ask = useCallback(() => mutate({}), [mutate])

  const asked = useRef(false)
  useEffect(() => {
    if (asked.current || !pairs || state === 'connected' || state === 'banned') return
    asked.current = true
    ask()
  }, [ask, pairs, state])
  useEffect(() => () => forgetQr(id), [id])
  // Events say when the number is connected; without a socket somebody has to ask.
  useEffect(() => {
    const timer = setInterval(() => {
      if (!isLive()) void client.invalidateQueries({ queryKey: keys.channels })
    }, ASK_EVERY)
    return () => clearInterval(timer)
  }, [client])

  const steps = [t('pairing.step1'), t('pairing.step2'), t('pairing.step3')]
  return (
    <Dialog open onClose={onClose} title={t('pairing.title', { name: channel.name })} size="lg">
      {state === 'connected' || state === 'banned' ? (
        <>
          <ConnectDone state={state} onClose={onClose} />
          {!pairs && state === 'connected' && <WebhookBox channelId={id} />}
        </>
      ) : !pairs ? (
        <TokenPane channel={channel} />
      ) : (
        <div className="grid gap-6 pt-2 md:grid-cols-[1fr_auto]">
          <div className="flex flex-col gap-5">
            <ol className="flex list-decimal flex-col gap-2 pl-5">
              {steps.map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
            {(channel.capabilities.pairing_code ?? true) && <PairByPhone channelId={id} />}
          </div>
          <QrPane channelId={id} asking={connect.isPending} error={connect.error} onRenew={ask} />
        </div>
      )}
    </Dialog>
  )
}
