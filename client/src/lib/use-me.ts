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
