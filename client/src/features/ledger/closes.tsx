import { Check, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Badge } from '@/ui/badge'

/** Whether both sides of the equation are equal, and if not, by how much. */
export function Closes({ difference, brief }: { difference: number; brief?: boolean }) {
  const { t } = useTranslation('ledger')
  const off = Math.abs(difference)
  const words = off === 0 ? t('closes') : t('differs', { count: off })
  const icon = off === 0 ? <Check size={14} aria-hidden /> : <TriangleAlert size={14} aria-hidden />
  return (
    <Badge tone={off === 0 ? 'ok' : 'danger'} icon={icon}>
      {brief ? <span className="sr-only">{words}</span> : words}
      {brief && off > 0 && <span aria-hidden>{off}</span>}
    </Badge>
  )
}
