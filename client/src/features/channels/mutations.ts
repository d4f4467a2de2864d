/** What admins do with a channel. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'
import type { Channel, ChannelIn, ConnectIn } from '@/api/types'
import { useErrorText } from '@/lib/error-text'
import { showQr } from '@/lib/realtime/signals'
import { toast } from '@/lib/toast'

function useWrite() {
  const client = useQueryClient()
  return (channel: Channel) => {
    client.setQueryData<Channel[]>(keys.channels, (list = []) =>
      list.some((item) => item.id === channel.id)
        ? list.map((item) => (item.id === channel.id ? channel : item))
        : [...list, channel],
    )
    void client.invalidateQueries({ queryKey: keys.channelHealth(channel.id) })
  }
}

export function useCreateChannel() {
  const client = useQueryClient()
  const write = useWrite()
  return useMutation({
    // The key is the form's: pressing twice, or again after a lost answer, makes one channel.
    mutationFn: ({ body, key }: { body: ChannelIn; key: string }) =>
      unwrap(api.POST('/api/v1/channels', { body, headers: { 'Idempotency-Key': key } })),
    onSuccess: (channel) => {
      write(channel)
      void client.invalidateQueries({ queryKey: keys.usage })
    },
  })
}

export function useChangeChannel(id: string) {
  const write = useWrite()
  const text = useErrorText()
  return useMutation({
    mutationFn: (body: { name: string }) =>
      unwrap(api.PATCH('/api/v1/channels/{channel_id}', { params: { path: { channel_id: id } }, body })),
    onSuccess: write,
    onError: (error) => toast('error', text(error)),
  })
}

export function useChannelVerb(id: string, verb: 'disconnect' | 'restart') {
  const write = useWrite()
  return useMutation({
    mutationFn: () =>
      verb === 'disconnect'
        ? unwrap(api.POST('/api/v1/channels/{channel_id}/disconnect', { params: { path: { channel_id: id } } }))
        : unwrap(api.POST('/api/v1/channels/{channel_id}/restart', { params: { path: { channel_id: id } } })),
    onSuccess: write,
  })
}

export function useDeleteChannel(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => unwrap(api.DELETE('/api/v1/channels/{channel_id}', { params: { path: { channel_id: id } } })),
    onSuccess: () => {
      client.setQueryData<Channel[]>(keys.channels, (list = []) => list.filter((channel) => channel.id !== id))
      void client.invalidateQueries({ queryKey: keys.usage })
    },
  })
}

/** All threads go on on another channel. */
export function useMoveChannel(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (to: string) =>
      unwrap(api.POST('/api/v1/channels/{channel_id}/move', { params: { path: { channel_id: id } }, body: { to } })),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.conversations }),
  })
}

/** Asks for a code, with a phone for one to type as well; or has a number without codes verified anew. */
export function useConnect(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: ConnectIn) =>
      unwrap(api.POST('/api/v1/channels/{channel_id}/connect', { params: { path: { channel_id: id } }, body })),
    onSuccess: ({ qr, state }) => {
      if (qr) showQr(id, qr.code, qr.expires_at)
      client.setQueryData<Channel[]>(keys.channels, (list = []) =>
        list.map((channel) => (channel.id === id ? { ...channel, state } : channel)),
      )
    },
  })
}
