import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { channelsQuery } from '@/api/queries'

/** A channel's name; events outlive their channels. */
export function useChannelName(): (id: string) => string {
  const { t } = useTranslation('events')
  const channels = useQuery(channelsQuery()).data
  return useCallback(
    (id: string) => channels?.find((channel) => channel.id === id)?.name ?? (channels ? t('channelGone') : '…'),
    [channels, t],
  )
}
