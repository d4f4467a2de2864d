import type { LedgerSums } from '@/api/types'
import { useEventReason } from '@/lib/event-words'
import { reasonsOf } from './balance'
import { Cell, type Place } from './cell'

/** Why events were ignored, in words, the most frequent reason first. */
export function Reasons({ sums, place }: { sums: LedgerSums; place: Place | null }) {
  const words = useEventReason()
  return (
    <ul className="grid gap-x-8 md:grid-cols-2">
      {reasonsOf(sums).map(([code, count]) => (
        <li key={code} className="flex items-center justify-between gap-3 border-b py-1 tabular-nums last:border-0">
          <span className="min-w-0 break-words">{words(code)}</span>
          <Cell count={count} of="ignored" place={place} reason={{ code, words: words(code) }} />
        </li>
      ))}
    </ul>
  )
}
