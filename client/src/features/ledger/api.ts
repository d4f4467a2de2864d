import { api, unwrap } from '@/api/client'

export interface LedgerSums {
  received: number
  processed: number
  ignored: Record<string, number>
  quarantined: number
  dead: number
  signals: number
  answered: number
  handed_over: number
  pending: number
}

export interface LedgerItem extends LedgerSums {
  day: string
  channel_id: string
}

export interface Ledger {
  items: LedgerItem[]
  totals: LedgerSums
}

type Get = (path: string, init: object) => Promise<{ data?: Ledger; error?: unknown; response: Response }>

export function readLedger(from: string, to: string, signal: AbortSignal): Promise<Ledger> {
  return unwrap((api.GET as unknown as Get)('/api/v1/ledger', { params: { query: { from, to } }, signal }))
}
