import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { ArrowLeft, Check, EllipsisVertical, PanelRight, RotateCcw, UserRound, UsersRound } from 'lucide-react'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { membersQuery } from '@/api/queries'
import type { Conversation } from '@/api/types'
import { phone } from '@/lib/format'
import { useViewers } from '@/lib/realtime/signals'
import { useShortcut } from '@/lib/shortcuts'
import { useCan, useMe } from '@/lib/use-me'
import { Button } from '@/ui/button'
import { IconButton } from '@/ui/icon-button'
import { Menu, type MenuItem } from '@/ui/menu'
import { neighbour } from './list-order'
import { useConversationStep } from './mutations'
import { useStateWord } from './use-state-word'

interface Props {
  conversation: Conversation
  panelOpen: boolean
  onPanel: () => void
}

export function ThreadHeader({ conversation, panelOpen, onPanel }: Props) {
  const { t } = useTranslation('inbox')
  const navigate = useNavigate()
  const me = useMe()
  const allowed = useCan('conversations:write')
  const step = useConversationStep(conversation.id)
  const stateWord = useStateWord()
  const members = useQuery({ ...membersQuery(), enabled: allowed }).data ?? []
  const viewers = useViewers(conversation.id, me?.member_id)
  const menuButton = useRef<HTMLButtonElement>(null)
  const { id, contact, channel, state, assignee } = conversation
  const resolved = state === 'resolved'

  const resolve = () => step.mutate({ verb: 'resolve' })
  const resolveAndNext = () => {
    const next = neighbour(id, 1) ?? neighbour(id, -1)
    step.mutate(
      { verb: 'resolve' },
      {
        onSuccess: () => {
          if (next) void navigate({ to: '/inbox/$conversationId', params: { conversationId: next }, search: (b) => b })
        },
      },
    )
  }
  useShortcut('resolve', 'e', resolve, allowed && !resolved)
  useShortcut('resolve-next', 'shift+e', resolveAndNext, allowed && !resolved)
  useShortcut('panel', 'i', onPanel)
  useShortcut(
    'assign',
    'a',
    () => menuButton.current?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true })),
    allowed && !resolved,
  )

  const actions: MenuItem[] = [
    {
      id: 'panel',
      label: panelOpen ? t('closePanel') : t('openPanel'),
      icon: <PanelRight size={16} aria-hidden />,
      onSelect: onPanel,
    },
  ]
  if (allowed && resolved)
    actions.push({
      id: 'reopen',
      label: t('reopen'),
      icon: <RotateCcw size={16} aria-hidden />,
      onSelect: () => step.mutate({ verb: 'reopen' }),
    })
  if (allowed && !resolved)
    actions.push({ id: 'resolve', label: t('resolve'), icon: <Check size={16} aria-hidden />, onSelect: resolve })
  const assign: MenuItem[] =
    !allowed || resolved
      ? []
      : [
          ...members
            .filter((member) => member.role !== 'viewer' && member.id !== assignee?.id)
            .map((member) => ({
              id: member.id,
              label: member.name,
              icon: <UserRound size={16} aria-hidden />,
              onSelect: () => step.mutate({ verb: 'assign', memberId: member.id }),
            })),
          ...(assignee || state === 'human'
            ? [
                {
                  id: 'nobody',
                  label: t('assignNobody'),
                  icon: <UsersRound size={16} aria-hidden />,
                  onSelect: () => step.mutate({ verb: 'assign', memberId: null }),
                },
              ]
            : []),
        ]

  return (
    <header className="flex min-h-14 shrink-0 items-center gap-2 border-b bg-surface px-2 md:px-4">
      <Link
        to="/inbox"
        search={(before) => ({ ...before, contact: undefined })}
        aria-label={t('back')}
        className="inline-flex size-11 shrink-0 items-center justify-center rounded-control hover:bg-surface-2 md:hidden"
      >
        <ArrowLeft size={18} aria-hidden />
      </Link>
      <div className="min-w-0 flex-1 py-2">
        <h2 className="truncate text-md font-semibold">{contact.name}</h2>
        <p className="truncate text-sm text-fg-muted">
          {[channel.name, phone(contact.phone), stateWord(conversation)].filter(Boolean).join(' · ')}
        </p>
        {viewers.length > 0 && (
          <p className="truncate text-xs text-warn">{t('viewing', { names: viewers.join(', ') })}</p>
        )}
      </div>
      {allowed && !resolved && (
        <Button variant="secondary" data-testid="resolve" busy={step.isPending} onClick={resolve} aria-keyshortcuts="e">
          {t('resolve')}
        </Button>
      )}
      <Menu
        trigger={
          <IconButton ref={menuButton} label={t('threadMenu')}>
            <EllipsisVertical size={18} aria-hidden />
          </IconButton>
        }
        groups={[{ items: actions }, { label: t('assignTo'), items: assign }]}
      />
    </header>
  )
}
