import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Channel } from '@/api/types'
import { Button } from '@/ui/button'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { useConnect } from './mutations'

/** For numbers that need no code: the token is tried again, or replaced by a new one. */
export function TokenPane({ channel }: { channel: Channel }) {
  const { t } = useTranslation('channels')
  const connect = useConnect(channel.id)
  const [token, setToken] = useState('')
  const [short, setShort] = useState(false)
  const submit = () => {
    const given = token.trim()
    const wrong = given !== '' && given.length < 16
    setShort(wrong)
    if (!wrong) connect.mutate(given ? { access_token: given } : {})
  }
  return (
    <form
      noValidate
      className="flex flex-col gap-4 pt-2"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <p className="text-fg-muted">{t('official.reconnect')}</p>
      {connect.isError && <ErrorState error={connect.error} />}
      <Field
        label={t('official.newToken')}
        hint={t('official.newTokenHint')}
        error={short ? t('form.tokenInvalid') : undefined}
      >
        {(ids) => (
          <Input
            {...ids}
            type="password"
            autoComplete="off"
            value={token}
            onChange={(event) => setToken(event.target.value)}
            data-testid="channel-new-token"
          />
        )}
      </Field>
      <Button type="submit" busy={connect.isPending} data-testid="channel-verify">
        {t('official.verify')}
      </Button>
    </form>
  )
}
