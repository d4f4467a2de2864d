import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/ui/button'
import { CopyButton } from '@/ui/copy-button'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { Notice } from '@/ui/notice'
import { useConnect } from './mutations'

/** For people whose only screen is the phone: a code to type instead of one to scan. */
export function PairByPhone({ channelId }: { channelId: string }) {
  const { t } = useTranslation('channels')
  const connect = useConnect(channelId)
  const [number, setNumber] = useState('')
  const [invalid, setInvalid] = useState(false)
  const code = connect.data?.pairing_code
  const ask = () => {
    const digits = number.replace(/\D/g, '')
    const good = /^\d{10,15}$/.test(digits)
    setInvalid(!good)
    if (good) connect.mutate({ phone: `+${digits}` })
  }
  return (
    <details className="rounded-card border p-3">
      <summary className="min-h-6 font-medium">{t('pairing.byPhone')}</summary>
      <form
        className="mt-3 flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          ask()
        }}
      >
        <Field label={t('pairing.phone')} error={invalid ? t('pairing.phoneInvalid') : undefined}>
          {(ids) => (
            <Input
              {...ids}
              type="tel"
              inputMode="tel"
              autoComplete="tel"
              value={number}
              onChange={(event) => setNumber(event.target.value)}
            />
          )}
        </Field>
        {connect.isError && <ErrorState error={connect.error} />}
        <Button type="submit" variant="secondary" busy={connect.isPending}>
          {t('pairing.askCode')}
        </Button>
      </form>
      {code && (
        <div className="mt-3 flex flex-col gap-2" role="status">
          <p className="text-sm text-fg-muted">{t('pairing.code')}</p>
          <p className="flex items-center gap-3">
            <output className="text-xl font-semibold tracking-widest tabular-nums" data-testid="pairing-code">
              {code}
            </output>
            <CopyButton text={code} />
          </p>
          <p className="text-sm text-fg-muted">{t('pairing.codeDetail')}</p>
        </div>
      )}
      {connect.isSuccess && !code && (
        <Notice tone="info" role="status" className="mt-3">
          {t('pairing.noCode')}
        </Notice>
      )}
    </details>
  )
}
