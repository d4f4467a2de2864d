import { useTranslation } from 'react-i18next'
import { setSingleKeys, useSingleKeys } from '@/lib/shortcuts'
import { setTheme, useTheme } from '@/lib/theme'
import { Card } from '@/ui/card'
import { Switch } from '@/ui/switch'

const THEMES = ['system', 'light', 'dark'] as const

export function AppearanceCard() {
  const { t } = useTranslation('settings')
  const theme = useTheme()
  const singleKeys = useSingleKeys()
  return (
    <Card title={t('appearance')}>
      <fieldset>
        <legend className="mb-1.5 font-medium">{t('theme')}</legend>
        <div className="flex flex-wrap gap-2">
          {THEMES.map((each) => (
            <label
              key={each}
              className="flex h-11 cursor-pointer items-center gap-2 rounded-control border border-line-strong px-3 has-checked:border-brand has-checked:bg-brand-soft has-checked:text-brand has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-focus md:h-9"
            >
              <input
                type="radio"
                name="theme"
                value={each}
                checked={theme === each}
                onChange={() => setTheme(each)}
                className="sr-only"
              />
              {t(`themes.${each}`)}
            </label>
          ))}
        </div>
      </fieldset>
      <div className="mt-4">
        <Switch label={t('singleKeys')} hint={t('singleKeysHint')} checked={singleKeys} onChange={setSingleKeys} />
      </div>
    </Card>
  )
}
