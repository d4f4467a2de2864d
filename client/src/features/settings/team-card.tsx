import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { membersQuery } from '@/api/queries'
import { Avatar } from '@/ui/avatar'
import { Badge } from '@/ui/badge'
import { Card } from '@/ui/card'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'

export function TeamCard() {
  const { t } = useTranslation('settings')
  const query = useQuery(membersQuery())
  return (
    <Card title={t('team')} detail={t('teamDetail')}>
      {query.isPending && <Loading rows={1} />}
      {query.isError && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      <ul className="divide-y empty:hidden">
        {query.data?.map((member) => (
          <li key={member.id} className="flex items-center gap-3 py-2 first:pt-0 last:pb-0">
            <Avatar name={member.name} />
            <div className="min-w-0 flex-1">
              <p className="truncate font-medium">{member.name}</p>
              <p className="truncate text-sm text-fg-muted">{member.email}</p>
            </div>
            <Badge>{t(`role.${member.role}`)}</Badge>
          </li>
        ))}
      </ul>
    </Card>
  )
}
