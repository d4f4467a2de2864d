import { Link } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { clearPlanLimit, usePlanLimit } from '@/api/plan-limit'
import { useFormat } from '@/lib/use-format'
import { useCan } from '@/lib/use-me'
import { IconButton } from '@/ui/icon-button'

export function QuotaBanner() {
  const { t, i18n } = useTranslation(['shell', 'errors'])
  const limit = usePlanLimit()
  const admin = useCan('tenant:write')
  const format = useFormat()
  if (!limit) return null
  const known = i18n.exists(`errors:resource-${limit.resource}`)
  const resource = known ? t(`errors:resource-${limit.resource}` as 'errors:resource-messages') : limit.resource
  const numbers = { used: format.number(limit.used), limit: format.number(limit.limit), resource }
  return (
    <div role="status" className="flex items-center gap-3 bg-warn-soft px-4 py-1 text-warn">
      <p className="flex-1">
        {!admin
          ? t('quotaAgent')
          : limit.resetsAt
            ? t('quotaAdmin', { ...numbers, date: format.day(limit.resetsAt) })
            : t('quotaAdminOpen', numbers)}
      </p>
      {admin && (
        <Link to="/usage" className="font-medium underline">
          {t('seePlan')}
        </Link>
      )}
      <IconButton label={t('dismiss')} onClick={clearPlanLimit} className="text-warn">
        <X size={16} aria-hidden />
      </IconButton>
    </div>
  )
}
