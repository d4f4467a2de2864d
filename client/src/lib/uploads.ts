/** Files on their way to the server, apart from any page, so that leaving one loses none. The sender fills this list. */
import { makeStore, useStore } from './store'

export interface UploadFailure {
  code: string
  detail: string | null
}

export interface Upload {
  /** Also the idempotency key: a file that is sent again is there once. */
  id: string
  name: string
  size: number
  state: 'waiting' | 'sending' | 'done' | 'failed'
  /** 0 to 1, of the bytes. */
  sent: number
  failure: UploadFailure | null
}

export const uploads = makeStore<readonly Upload[]>([])

export const useUploads = (): readonly Upload[] => useStore(uploads)

export function clearDone(): void {
  uploads.set(uploads.get().filter(({ state }) => state !== 'done'))
}

export const isOpen = ({ state }: Upload): boolean => state === 'waiting' || state === 'sending'
