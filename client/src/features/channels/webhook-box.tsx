import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { CopyButton } from '@/ui/copy-button'
import { ErrorState } from '@/ui/error-state'
import { Skeleton } from '@/ui/skeleton'
import { channelWebhookQuery } from './queries'

/** What has to be pasted at the provider, where that cannot be done from here. */
export function WebhookBox({ channelId }: { channelId: string }) {
  const { t } = useTranslation('channels')
  const query = useQuery(channelWebhookQuery(channelId))
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Skeleton className="h-24" />
  const { url, verify_token } = query.data
  // The operator's own app is set up by the operator.
  if (verify_token === null) return <p className="text-fg-muted">{t('official.shared')}</p>
  return (
    <div className="flex flex-col gap-3" data-testid="channel-webhook">
      <p className="text-fg-muted">{t('official.webhookDetail')}</p>
      <Row label={t('official.webhookUrl')} value={url} />
      <Row label={t('official.webhookToken')} value={verify_token} />
    </div>
  )
}

function Row({ label, value }: { label: string; value: string }) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <div className="min-w-0 flex-1">
        <p className="text-sm font-medium">{label}</p>
        <code className="block text-sm break-all">{value}</code>
      </div>
      <CopyButton text={value} />
    </div>
  )
}
