import type { ComponentProps } from 'react'
import { useTranslation } from 'react-i18next'
import { Select } from '@/ui/select'
import { REFRESH_DAYS } from './document-form'

/** How often a page is read again by itself. `days` is what holds now, '' for never. */
export function RefreshChoice({ days, ...rest }: ComponentProps<typeof Select> & { days: string }) {
  const { t } = useTranslation('knowledge')
  const choices = [...new Set([...REFRESH_DAYS, ...(days ? [Number(days)] : [])])].sort((a, b) => a - b)
  return (
    <Select {...rest}>
      <option value="">{t('refreshing.never')}</option>
      {choices.map((each) => (
        <option key={each} value={each}>
          {t('refreshing.every', { count: each })}
        </option>
      ))}
    </Select>
  )
}
