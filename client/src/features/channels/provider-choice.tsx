import { useTranslation } from 'react-i18next'
import { cn } from '@/lib/cn'
import { PROVIDERS, type Provider } from './providers'

interface Props {
  value: Provider
  onChange: (provider: Provider) => void
}

export function ProviderChoice({ value, onChange }: Props) {
  const { t } = useTranslation('channels')
  return (
    <fieldset>
      <legend className="mb-1.5 font-medium">{t('form.provider')}</legend>
      <div className="grid gap-2 sm:grid-cols-3">
        {PROVIDERS.map((provider) => (
          <label
            key={provider}
            className={cn(
              'flex min-h-11 cursor-pointer items-start gap-2 rounded-card border p-3',
              'has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-brand',
              provider === value && 'border-brand bg-surface-2',
            )}
          >
            <input
              type="radio"
              name="provider"
              value={provider}
              checked={provider === value}
              onChange={() => onChange(provider)}
              className="mt-1 accent-brand"
              data-testid={`provider-${provider}`}
            />
            <span className="min-w-0">
              <span className="block font-medium">{t(`provider.${provider}`)}</span>
              <span className="block text-sm text-fg-muted">{t(`form.about.${provider}`)}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
