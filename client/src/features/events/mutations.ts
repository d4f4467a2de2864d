/** Having events worked again, and closing dead letters. Each of them moves figures all over these pages. */
import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '@/api/client'
import { ApiError } from '@/api/errors'
import { keys } from '@/api/keys'
import type { ReplayAll } from '@/api/types'
import { useErrorText } from '@/lib/error-text'
import { toast } from '@/lib/toast'

function refresh(client: QueryClient): void {
  for (const queryKey of [keys.events, keys.deadLetters, keys.ledgers, keys.queueHealth])
    void client.invalidateQueries({ queryKey })
}

const isOver = (error: unknown) =>
  error instanceof ApiError && (error.code === 'not-replayable' || error.code === 'conflict')

export function useReplayEvent(id: string) {
  const client = useQueryClient()
  const text = useErrorText()
  const { t } = useTranslation('events')
  return useMutation({
    mutationFn: () =>
      unwrap(api.POST('/api/v1/inbound-events/{event_id}/replay', { params: { path: { event_id: id } } })),
    onSuccess: () => toast('success', t('replay.oneDone')),
    onError: (error) => toast('error', isOver(error) ? t('replay.notPossible') : text(error)),
    onSettled: () => refresh(client),
  })
}

export function useReplayEvents() {
  const client = useQueryClient()
  const text = useErrorText()
  const { t } = useTranslation('events')
  return useMutation({
    mutationFn: (wanted: ReplayAll) => unwrap(api.POST('/api/v1/inbound-events/replay', { body: wanted })),
    onSuccess: ({ replayed }) =>
      replayed > 0 ? toast('success', t('replay.allDone', { count: replayed })) : toast('message', t('replay.allNone')),
    onError: (error) => toast('error', text(error)),
    onSettled: () => refresh(client),
  })
}

export function useCloseLetter(id: string) {
  const client = useQueryClient()
  const text = useErrorText()
  const { t } = useTranslation('events')
  return useMutation({
    mutationFn: (verb: 'replay' | 'discard') => {
      const params = { path: { letter_id: id } }
      return verb === 'replay'
        ? unwrap(api.POST('/api/v1/dead-letters/{letter_id}/replay', { params }))
        : unwrap(api.POST('/api/v1/dead-letters/{letter_id}/discard', { params }))
    },
    onSuccess: (_, verb) => toast('success', t(`letters.${verb}Done`)),
    onError: (error) => toast('error', isOver(error) ? t('letters.notPossible') : text(error)),
    onSettled: () => refresh(client),
  })
}
