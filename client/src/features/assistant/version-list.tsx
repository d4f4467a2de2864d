import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Assistant } from '@/api/types'
import { useFormat } from '@/lib/use-format'
import { Badge } from '@/ui/badge'
import { Card } from '@/ui/card'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { versionsQuery } from './queries'

export function VersionList({ assistant }: { assistant: Assistant }) {
  const { t } = useTranslation('assistant')
  const format = useFormat()
  const query = useQuery(versionsQuery(assistant.id))
  return (
    <Card title={t('versions')}>
      {query.isPending && <Loading rows={1} />}
      {query.isError && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data?.length === 0 && <p className="text-fg-muted">{t('versionsEmpty')}</p>}
      <ol className="divide-y empty:hidden">
        {query.data?.map((version) => {
          const when = format.dateTime(version.published_at)
          return (
            <li key={version.number} className="py-3 first:pt-0 last:pb-0">
              <p className="flex flex-wrap items-center gap-2">
                <span className="font-medium">{t('version', { number: version.number })}</span>
                {version.number === assistant.published_version && <Badge tone="ok">{t('current')}</Badge>}
                <span className="text-sm text-fg-muted">
                  {version.published_by ? t('versionBy', { when, name: version.published_by }) : when}
                </span>
              </p>
              <details className="mt-1">
                <summary className="min-h-6 text-sm text-fg-muted">{t('showFields')}</summary>
                <pre className="mt-2 max-h-72 overflow-auto rounded-control bg-surface-2 p-3 text-xs whitespace-pre-wrap">
                  {JSON.stringify(version.fields, null, 2)}
                </pre>
              </details>
            </li>
          )
        })}
      </ol>
    </Card>
  )
}
