import { standardSchemaResolver } from '@hookform/resolvers/standard-schema'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/api/errors'
import { Button } from '@/ui/button'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { Notice } from '@/ui/notice'
import { login } from './calls'
import { PasswordInput } from './password-input'
import { type AuthMessage, type LoginValues, loginSchema } from './schemas'

interface Props {
  email?: string
  onDone: () => void
}

/** E-mail, password and the button: on the login page, and in the dialog of an expired session. */
export function LoginFields({ email = '', onDone }: Props) {
  const { t } = useTranslation('auth')
  const client = useQueryClient()
  const [failure, setFailure] = useState<unknown>(null)
  const form = useForm<LoginValues>({
    resolver: standardSchemaResolver(loginSchema),
    defaultValues: { email, password: '' },
  })
  const { errors, isSubmitting } = form.formState
  const words = (message: string | undefined) => message && t(message as AuthMessage)
  const submit = form.handleSubmit(async (values) => {
    setFailure(null)
    try {
      await login(client, values)
      onDone()
    } catch (error) {
      setFailure(error)
      form.setFocus('password')
    }
  })
  const refused = failure instanceof ApiError && failure.status === 401
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      {refused ? (
        <Notice tone="danger" role="alert">
          {failure.code === 'second-factor-required' ? t('secondFactor') : t('wrong')}
        </Notice>
      ) : (
        failure != null && <ErrorState error={failure} />
      )}
      <Field label={t('email')} error={words(errors.email?.message)}>
        {(ids) => (
          <Input
            {...ids}
            {...form.register('email')}
            type="email"
            inputMode="email"
            autoComplete="username"
            data-testid="login-email"
          />
        )}
      </Field>
      <Field label={t('password')} error={words(errors.password?.message)}>
        {(ids) => (
          <PasswordInput
            {...ids}
            {...form.register('password')}
            autoComplete="current-password"
            data-testid="login-password"
          />
        )}
      </Field>
      <Button type="submit" busy={isSubmitting} data-testid="login-submit">
        {isSubmitting ? t('loggingIn') : t('login')}
      </Button>
    </form>
  )
}
