import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Me } from '@/api/types'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Card } from '@/ui/card'
import { ErrorState } from '@/ui/error-state'

interface Props {
  me: Me
  onSwitch: (tenantId: string) => Promise<void>
}

/** Only for people who belong to more than one company. */
export function CompaniesCard({ me, onSwitch }: Props) {
  const { t } = useTranslation('settings')
  const change = useMutation({ mutationFn: onSwitch })
  if (me.memberships.length < 2) return null
  return (
    <Card title={t('companies')}>
      {change.isError && <ErrorState error={change.error} className="mb-3" />}
      <ul className="divide-y">
        {me.memberships.map(({ tenant_id, tenant_name, role }) => (
          <li key={tenant_id} className="flex items-center gap-3 py-2">
            <span className="flex-1 font-medium">{tenant_name}</span>
            <Badge>{t(`role.${role}`)}</Badge>
            {tenant_id === me.tenant.id ? (
              <span className="text-sm text-fg-muted">{t('current')}</span>
            ) : (
              <Button variant="secondary" size="sm" busy={change.isPending} onClick={() => change.mutate(tenant_id)}>
                {t('switch', { name: tenant_name })}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}
