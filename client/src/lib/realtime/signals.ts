/** What is only true for a moment: who types, who looks, the QR on show. Never in the query cache. */
import { makeStore, useStore } from '../store'
import type { Signal } from './events'

const LIFE = 6_000

export interface Typing {
  assistant: boolean
  contact: boolean
  /** Names. */
  members: string[]
}

interface Mark {
  conversationId: string
  who: 'assistant' | 'contact' | 'member-typing' | 'member-viewing'
  memberId: string
  name: string
  until: number
}

export interface ShownQr {
  code: string
  expiresAt: string
  /** How many times it was renewed since the code was asked for. */
  renewals: number
}

const marks = makeStore<readonly Mark[]>([])
const qrs = makeStore<Readonly<Record<string, ShownQr>>>({})
const NOBODY: readonly string[] = []

function sweep(): void {
  const now = Date.now()
  if (marks.get().some((mark) => mark.until <= now)) marks.set(marks.get().filter((mark) => mark.until > now))
}

function put(mark: Omit<Mark, 'until'>): void {
  const others = marks
    .get()
    .filter((m) => !(m.who === mark.who && m.memberId === mark.memberId && m.conversationId === mark.conversationId))
  marks.set([...others, { ...mark, until: Date.now() + LIFE }])
  setTimeout(sweep, LIFE + 50)
}

export function applySignal(signal: Signal): void {
  switch (signal.type) {
    case 'channel.qr': {
      const { channel_id, code, expires_at } = signal.data
      const renewals = (qrs.get()[channel_id]?.renewals ?? -1) + 1
      qrs.set({ ...qrs.get(), [channel_id]: { code, expiresAt: expires_at, renewals } })
      break
    }
    case 'assistant.typing':
      put({ conversationId: signal.data.conversation_id, who: 'assistant', memberId: '', name: '' })
      break
    case 'contact.typing':
      put({ conversationId: signal.data.conversation_id, who: 'contact', memberId: '', name: '' })
      break
    case 'member.typing':
      put({ ...memberMark(signal.data, signal.data.conversation_id), who: 'member-typing' })
      break
    case 'member.viewing': {
      const { member_id, conversation_id } = signal.data
      marks.set(marks.get().filter((m) => !(m.who === 'member-viewing' && m.memberId === member_id)))
      if (conversation_id) put({ ...memberMark(signal.data, conversation_id), who: 'member-viewing' })
      break
    }
  }
}

function memberMark(data: { member_id: string; name: string }, conversationId: string) {
  return { conversationId, memberId: data.member_id, name: data.name }
}

/** The answer to "connect" starts the count of renewals again. */
export function showQr(channelId: string, code: string, expiresAt: string): void {
  qrs.set({ ...qrs.get(), [channelId]: { code, expiresAt, renewals: 0 } })
}

export function forgetQr(channelId: string): void {
  const { [channelId]: _, ...rest } = qrs.get()
  qrs.set(rest)
}

/** Whoever just wrote has stopped typing. */
export function stopTyping(conversationId: string, who: Mark['who']): void {
  const rest = marks.get().filter((mark) => !(mark.conversationId === conversationId && mark.who === who))
  if (rest.length !== marks.get().length) marks.set(rest)
}

export function clearSignals(): void {
  marks.set([])
  qrs.set({})
}

export function useQr(channelId: string): ShownQr | undefined {
  return useStore(qrs, (all) => all[channelId])
}

export function useTyping(conversationId: string): Typing {
  const key = useStore(marks, (all) =>
    all
      .filter((m) => m.conversationId === conversationId && m.who !== 'member-viewing')
      .map((m) => `${m.who}\n${m.name}`)
      .join('\r'),
  )
  const parts = key ? key.split('\r').map((part) => part.split('\n')) : []
  return {
    assistant: parts.some(([who]) => who === 'assistant'),
    contact: parts.some(([who]) => who === 'contact'),
    members: parts.filter(([who]) => who === 'member-typing').map(([, name]) => name ?? ''),
  }
}

export function useViewers(conversationId: string, exceptMemberId: string | undefined): readonly string[] {
  const key = useStore(marks, (all) =>
    all
      .filter((m) => m.conversationId === conversationId && m.who === 'member-viewing' && m.memberId !== exceptMemberId)
      .map((m) => m.name)
      .join('\n'),
  )
  return key ? key.split('\n') : NOBODY
}
