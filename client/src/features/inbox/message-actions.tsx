import { ChevronDown, Copy, Pencil, Reply, SmilePlus, Trash2, X } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Message } from '@/api/types'
import { useCan } from '@/lib/use-me'
import { IconButton } from '@/ui/icon-button'
import { keepFocus } from '@/ui/keep-focus'
import { Menu, type MenuItem } from '@/ui/menu'
import { replyTo } from './reply-to'
import { useTouch } from './touches'
import { useCapabilities } from './use-capabilities'

const ConfirmDialog = lazy(() => import('@/ui/confirm-dialog').then((m) => ({ default: m.ConfirmDialog })))
const EditDialog = lazy(() => import('./edit-dialog'))

const EMOJI = ['👍', '❤️', '😂', '😮', '🙏']

/** What can be done with a message, as far as the role and the channel allow. */
export function MessageActions({ message }: { message: Message }) {
  const { t } = useTranslation('inbox')
  const allowed = useCan('conversations:write')
  const able = useCapabilities(message.conversation_id)
  const touch = useTouch()
  const [asking, setAsking] = useState<'edit' | 'delete' | null>(null)
  if (!allowed || message.deleted_at || message.id.startsWith('local:') || message.author === 'system') return null

  const there = message.status !== 'queued' && message.status !== 'uncertain' && message.status !== 'failed'
  const ours = message.direction === 'out'
  const mine = message.reactions.find((reaction) => reaction.author !== 'contact')?.emoji
  const react = (emoji: string) => touch.mutate({ verb: 'react', message, emoji })
  const basic: MenuItem[] = []
  if (there) {
    const icon = <Reply size={16} aria-hidden />
    basic.push({ id: 'reply', label: t('action.reply'), icon, onSelect: () => replyTo(message) })
  }
  if (message.text) {
    const text = message.text
    const icon = <Copy size={16} aria-hidden />
    basic.push({
      id: 'copy',
      label: t('action.copy'),
      icon,
      onSelect: () => void navigator.clipboard.writeText(text).catch(() => undefined),
    })
  }
  const reactions: MenuItem[] = []
  if (there && able?.reactions) {
    for (const emoji of EMOJI)
      reactions.push({
        id: emoji,
        label: t('action.react', { emoji }),
        icon: <SmilePlus size={16} aria-hidden />,
        disabled: emoji === mine,
        onSelect: () => react(emoji),
      })
    if (mine)
      reactions.push({
        id: 'unreact',
        label: t('action.unreact'),
        icon: <X size={16} aria-hidden />,
        onSelect: () => react(''),
      })
  }
  const changes: MenuItem[] = []
  if (ours && there && able?.edit && message.type === 'text')
    changes.push({
      id: 'edit',
      label: t('action.edit'),
      icon: <Pencil size={16} aria-hidden />,
      onSelect: () => setAsking('edit'),
    })
  if (ours && (able?.delete || !there))
    changes.push({
      id: 'delete',
      label: t('action.delete'),
      icon: <Trash2 size={16} aria-hidden />,
      danger: true,
      onSelect: () => setAsking('delete'),
    })
  if (basic.length + reactions.length + changes.length === 0) return null
  return (
    <>
      <Menu
        trigger={
          <IconButton
            label={t('action.menu')}
            data-testid="message-menu"
            onMouseDown={keepFocus}
            className="size-8 self-start opacity-0 focus-visible:opacity-100 group-hover:opacity-100 aria-expanded:opacity-100 pointer-coarse:opacity-100 md:size-8"
          >
            <ChevronDown size={16} aria-hidden />
          </IconButton>
        }
        groups={[{ items: basic }, { items: reactions }, { items: changes }]}
      />
      <Suspense>
        {asking === 'edit' && (
          <EditDialog
            text={message.text ?? ''}
            onClose={() => setAsking(null)}
            onSave={(text) => {
              setAsking(null)
              touch.mutate({ verb: 'edit', message, text })
            }}
          />
        )}
        {asking === 'delete' && (
          <ConfirmDialog
            open
            title={t('action.deleteTitle')}
            description={t(there ? 'action.deleteDetail' : 'action.withdrawDetail')}
            action={t('action.delete')}
            onClose={() => setAsking(null)}
            onConfirm={() => {
              setAsking(null)
              touch.mutate({ verb: 'delete', message })
            }}
          />
        )}
      </Suspense>
    </>
  )
}
