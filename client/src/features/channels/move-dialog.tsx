import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Channel } from '@/api/types'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'
import { Select } from '@/ui/select'
import { useMoveChannel } from './mutations'

interface Props {
  channel: Channel
  /** The tenant's other channels. */
  others: Channel[]
  onClose: () => void
}

/** From a number that may be banned to WhatsApp's own API, or to any other channel: contacts and threads come along. */
export function MoveDialog({ channel, others, onClose }: Props) {
  const { t } = useTranslation(['channels', 'ui'])
  const move = useMoveChannel(channel.id)
  const best = others.find((other) => other.capabilities.official) ?? others[0]
  const [to, setTo] = useState(best?.id ?? '')
  const steps = [t('move.step1'), t('move.step2'), t('move.step3')]
  const done = move.data
  return (
    <Dialog open onClose={onClose} title={t('move.title', { name: channel.name })}>
      <div className="flex flex-col gap-4 pt-2">
        {done ? (
          <>
            <p role="status">{t('move.moved', { count: done.moved })}</p>
            {done.left > 0 && <Notice tone="info">{t('move.left', { count: done.left })}</Notice>}
            <Button className="self-end" onClick={onClose}>
              {t('pairing.done')}
            </Button>
          </>
        ) : (
          <>
            <p>{t('move.detail')}</p>
            <ol className="flex list-decimal flex-col gap-2 pl-5">
              {steps.map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
            {others.length === 0 ? (
              <Notice tone="info">{t('move.noOther')}</Notice>
            ) : (
              <form
                className="flex flex-col gap-4"
                onSubmit={(event) => {
                  event.preventDefault()
                  move.mutate(to)
                }}
              >
                <Field label={t('move.to')}>
                  {(ids) => (
                    <Select {...ids} value={to} onChange={(event) => setTo(event.target.value)}>
                      {others.map((other) => (
                        <option key={other.id} value={other.id}>
                          {other.name}
                        </option>
                      ))}
                    </Select>
                  )}
                </Field>
                {move.isError && <ErrorState error={move.error} />}
                <Button type="submit" busy={move.isPending} className="self-end" data-testid="channel-move">
                  {t('move.submit')}
                </Button>
              </form>
            )}
          </>
        )}
      </div>
    </Dialog>
  )
}
