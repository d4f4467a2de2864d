import { type ComponentProps, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Select } from '@/ui/select'

const BRAZIL = [
  'America/Sao_Paulo',
  'America/Bahia',
  'America/Belem',
  'America/Boa_Vista',
  'America/Campo_Grande',
  'America/Cuiaba',
  'America/Fortaleza',
  'America/Manaus',
  'America/Noronha',
  'America/Porto_Velho',
  'America/Recife',
  'America/Rio_Branco',
]

export function TimeZoneSelect({ value, ...rest }: ComponentProps<'select'> & { value: string }) {
  const { t } = useTranslation('settings')
  const others = useMemo(() => {
    const known = Intl.supportedValuesOf('timeZone').filter((zone) => !BRAZIL.includes(zone))
    return BRAZIL.includes(value) || known.includes(value) ? known : [value, ...known]
  }, [value])
  const option = (zone: string) => (
    <option key={zone} value={zone}>
      {zone.replaceAll('_', ' ')}
    </option>
  )
  return (
    <Select {...rest} value={value}>
      <optgroup label={t('brazil')}>{BRAZIL.map(option)}</optgroup>
      <optgroup label={t('others')}>{others.map(option)}</optgroup>
    </Select>
  )
}
