import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { channelsQuery } from '@/api/queries'
import { Notice } from '@/ui/notice'

export function ChannelNotice({ channelId }: { channelId: string }) {
  const { t } = useTranslation('inbox')
  const channel = useQuery(channelsQuery()).data?.find((each) => each.id === channelId)
  if (!channel || channel.state === 'connected') return null
  return (
    <Notice
      tone="warn"
      role="status"
      action={
        <Link to="/channels" className="font-medium underline">
          {t('composer.seeChannel')}
        </Link>
      }
    >
      {t('composer.channelDown', { name: channel.name })}
    </Notice>
  )
}
