/** What a model cost, in reais and dollars as far as both are known. */
import { useCallback } from 'react'
import { useFormat } from './use-format'

export function useCost(): (microUsd: number | null, microBrl: number | null) => string | null {
  const format = useFormat()
  return useCallback(
    (microUsd, microBrl) => {
      if (microUsd === null) return null
      const usd = format.usd(microUsd)
      return microBrl === null ? usd : `${format.brl(microBrl)} (${usd})`
    },
    [format],
  )
}
