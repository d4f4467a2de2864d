/** What somebody may do, for hiding controls. The server decides; this only spares people a refusal. */
import type { Me } from '@/api/types'

export type Action =
  | 'conversations:write'
  | 'contacts:read'
  | 'contacts:write'
  | 'contacts:manage'
  | 'channels:write'
  | 'assistants:write'
  | 'documents:write'
  | 'tenant:write'
  | 'usage:write'
  | 'operations:read'
  | 'operations:write'

export function can(me: Me | undefined, action: Action): boolean {
  return me?.permissions.includes(action) ?? false
}
