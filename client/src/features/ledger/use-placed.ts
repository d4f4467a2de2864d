import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { channelsQuery } from '@/api/queries'
import type { LedgerItem } from '@/api/types'
import { useFormat } from '@/lib/use-format'
import { inOrder } from './balance'
import type { Place } from './cell'

export interface PlacedItem {
  item: LedgerItem
  place: Place
}

const NONE: LedgerItem[] = []

/** The ledger's rows in order, with their days and channels in words. */
export function usePlaced(items: LedgerItem[] = NONE): PlacedItem[] {
  const { t } = useTranslation('ledger')
  const format = useFormat()
  const channels = useQuery(channelsQuery()).data
  return useMemo(() => {
    const names = new Map(channels?.map((channel) => [channel.id, channel.name]))
    const nameOf = (id: string) => names.get(id) ?? (channels ? t('channelGone') : '…')
    return inOrder(items, nameOf).map((item) => {
      const { day, channel_id } = item
      return { item, place: { day, when: format.calendarDay(day), channelId: channel_id, channel: nameOf(channel_id) } }
    })
  }, [items, channels, format, t])
}
