import { standardSchemaResolver } from '@hookform/resolvers/standard-schema'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { ApiError, fieldName } from '@/api/errors'
import { useErrorText } from '@/lib/error-text'
import { Button } from '@/ui/button'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { AuthCard } from './auth-card'
import { signup } from './calls'
import { PasswordInput } from './password-input'
import { type AuthMessage, PASSWORD_MIN, type SignupValues, signupSchema } from './schemas'

const AUTO_COMPLETE = { company: 'organization', name: 'name' } as const

export function SignupForm({ onDone }: { onDone: () => void }) {
  const { t, i18n } = useTranslation('auth')
  const client = useQueryClient()
  const errorText = useErrorText()
  const [failure, setFailure] = useState<unknown>(null)
  const form = useForm<SignupValues>({
    resolver: standardSchemaResolver(signupSchema),
    defaultValues: { company: '', name: '', email: '', password: '' },
  })
  const password = useWatch({ control: form.control, name: 'password' })
  const { errors, isSubmitting } = form.formState
  // Problems of the server come as whole sentences, ours as keys.
  const words = (message: string | undefined) =>
    message && (i18n.exists(`auth:${message}`) ? t(message as AuthMessage) : message)

  const submit = form.handleSubmit(async (values) => {
    setFailure(null)
    try {
      await signup(client, values)
      onDone()
    } catch (error) {
      if (!(error instanceof ApiError)) return setFailure(error)
      const known = error.fields.filter(({ pointer }) => fieldName(pointer) in values)
      for (const { pointer, detail } of known)
        form.setError(fieldName(pointer) as keyof SignupValues, { message: detail }, { shouldFocus: true })
      if (error.code === 'email-taken') form.setError('email', { message: errorText(error) }, { shouldFocus: true })
      else if (known.length === 0) setFailure(error)
    }
  })

  const missing = PASSWORD_MIN - password.length
  const rule = password ? (missing > 0 ? t('passwordShort', { count: missing }) : t('passwordGood')) : t('passwordRule')

  return (
    <AuthCard
      title={t('signupTitle')}
      detail={t('signupDetail')}
      footer={
        <>
          {t('hasSession')}{' '}
          <Link to="/login" className="font-medium text-brand underline">
            {t('login')}
          </Link>
        </>
      }
    >
      <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
        {failure != null && <ErrorState error={failure} />}
        {(['company', 'name'] as const).map((name) => (
          <Field key={name} label={t(name)} error={words(errors[name]?.message)}>
            {(ids) => (
              <Input
                {...ids}
                {...form.register(name)}
                autoComplete={AUTO_COMPLETE[name]}
                data-testid={`signup-${name}`}
              />
            )}
          </Field>
        ))}
        <Field label={t('email')} error={words(errors.email?.message)}>
          {(ids) => (
            <Input
              {...ids}
              {...form.register('email')}
              type="email"
              inputMode="email"
              autoComplete="email"
              data-testid="signup-email"
            />
          )}
        </Field>
        <Field label={t('password')} hint={rule} error={words(errors.password?.message)}>
          {(ids) => (
            <PasswordInput
              {...ids}
              {...form.register('password')}
              autoComplete="new-password"
              data-testid="signup-password"
            />
          )}
        </Field>
        <Button type="submit" busy={isSubmitting} data-testid="signup-submit">
          {isSubmitting ? t('signingUp') : t('signup')}
        </Button>
      </form>
    </AuthCard>
  )
}
