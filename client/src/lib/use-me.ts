/** Who is at the screen, with role; undefined only before the first answer. */
import { useQuery } from '@tanstack/react-query'
import { meQuery } from '@/api/queries'
import type { Me } from '@/api/types'
import { type Action, can } from './permissions'

export function useMe(): Me | undefined {
  return useQuery(meQuery()).data
}

export function useCan(action: Action): boolean {
  return can(useMe(), action)
}

/** The same for whole pages: undefined until we know who is at the screen, so that nobody is turned away too early. */
export function useMay(action: Action): boolean | undefined {
  const me = useMe()
  return me && can(me, action)
}
