/** The ledger's equation: what was received on one side, the classes on the other. */
import type { EventClass, LedgerItem, LedgerSums } from '@/api/types'
import { CLASSES } from '@/lib/event-words'

export function amountOf(sums: LedgerSums, of: EventClass): number {
  return of === 'ignored' ? Object.values(sums.ignored ?? {}).reduce((sum, count) => sum + count, 0) : sums[of]
}

/** Zero, or the ledger does not close. */
export function differenceOf(sums: LedgerSums): number {
  return sums.received - CLASSES.reduce((sum, each) => sum + amountOf(sums, each), 0)
}

/** Most frequent first. */
export function reasonsOf(sums: LedgerSums): [reason: string, count: number][] {
  return Object.entries(sums.ignored ?? {})
    .filter(([, count]) => count > 0)
    .sort(([a, m], [b, n]) => n - m || a.localeCompare(b))
}

/** The newest day first, channels by name within it. */
export function inOrder(items: readonly LedgerItem[], nameOf: (channelId: string) => string): LedgerItem[] {
  return items.toSorted(
    (a, b) => b.day.localeCompare(a.day) || nameOf(a.channel_id).localeCompare(nameOf(b.channel_id)),
  )
}
