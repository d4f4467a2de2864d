import { BotMessageSquare, Check, Hourglass, UserRound } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Conversation, Me } from '@/api/types'
import { cn } from '@/lib/cn'
import { can } from '@/lib/permissions'
import { useShortcut } from '@/lib/shortcuts'
import { tabStore } from '@/lib/storage'
import { useMe } from '@/lib/use-me'
import { Button } from '@/ui/button'
import { useConversationStep } from './mutations'
import { useHandoffReason } from './use-handoff-reason'

const ConfirmDialog = lazy(async () => ({ default: (await import('@/ui/confirm-dialog')).ConfirmDialog }))

export type BannerState = 'bot' | 'queued' | 'human-me' | 'human-other' | 'resolved'

export function bannerState(conversation: Conversation, me: Me | undefined): BannerState {
  if (conversation.state !== 'human') return conversation.state
  return conversation.assignee !== null && conversation.assignee.id === me?.member_id ? 'human-me' : 'human-other'
}

const LOOK = {
  bot: { Icon: BotMessageSquare, box: 'bg-ai-soft text-ai' },
  queued: { Icon: Hourglass, box: 'bg-warn-soft text-warn' },
  'human-me': { Icon: UserRound, box: 'bg-brand-soft text-brand' },
  'human-other': { Icon: UserRound, box: 'bg-info-soft text-info' },
  resolved: { Icon: Check, box: 'bg-surface-2 text-fg-muted' },
}

const ASKED = 'evo-asked-takeover'
type Question = 'take-over-other' | 'take-over-key' | 'hand-back-key'

/** Who answers this conversation, always in sight, with the one step that changes it. */
export function HandoffBanner({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation('inbox')
  const me = useMe()
  const allowed = can(me, 'conversations:write')
  const step = useConversationStep(conversation.id)
  const reason = useHandoffReason()
  const [question, setQuestion] = useState<Question | null>(null)
  const state = bannerState(conversation, me)
  const other = conversation.assignee?.name
  const { Icon, box } = LOOK[state]

  const takeOver = () => step.mutate({ verb: 'take-over' })
  const handBack = () => step.mutate({ verb: 'hand-back' })
  const requestTakeOver = () => (state === 'human-other' && other ? setQuestion('take-over-other') : takeOver())

  useShortcut(
    'take-over',
    't',
    () => {
      const back = state === 'human-me'
      if (state === 'human-other' && other) return setQuestion('take-over-other')
      // A single key is easy to hit: the first one in this tab asks.
      if (tabStore.get(ASKED) !== 'yes') return setQuestion(back ? 'hand-back-key' : 'take-over-key')
      if (back) handBack()
      else takeOver()
    },
    allowed && state !== 'resolved',
  )

  const words = {
    bot: t('banner.bot'),
    queued: t('banner.queued', { reason: reason(conversation.handoff) }),
    'human-me': t('banner.humanMe'),
    'human-other': other ? t('banner.humanOther', { name: other }) : t('banner.humanNobody'),
    resolved: t('banner.resolved'),
  }[state]

  const dialog =
    question &&
    {
      'take-over-other': {
        title: t('banner.takeOverTitle', { name: other }),
        description: t('banner.takeOverDetail', { name: other }),
        action: t('banner.takeOverAnyway'),
        // From a colleague, on purpose: an assignment, since a plain claim loses against who has it.
        run: () => step.mutate({ verb: 'assign', memberId: me?.member_id ?? null }),
      },
      'take-over-key': {
        title: t('banner.takeOverKeyTitle'),
        description: t('banner.takeOverKeyDetail'),
        action: t('banner.takeOver'),
        run: takeOver,
      },
      'hand-back-key': {
        title: t('banner.handBackTitle'),
        description: t('banner.handBackDetail'),
        action: t('banner.handBack'),
        run: handBack,
      },
    }[question]

  return (
    <section
      aria-label={t('banner.label')}
      data-testid="handoff-banner"
      data-state={state}
      className={cn('flex flex-wrap items-center gap-x-3 gap-y-2 rounded-card px-3 py-2', box)}
    >
      <Icon size={16} aria-hidden className="shrink-0" />
      <p role="status" className="min-w-40 flex-1">
        {words}
        {state === 'queued' && conversation.handoff?.note && (
          <span className="mt-0.5 line-clamp-3 block text-sm">{conversation.handoff.note}</span>
        )}
      </p>
      {allowed && state === 'human-me' && (
        <Button variant="secondary" size="sm" data-testid="hand-back" busy={step.isPending} onClick={handBack}>
          {t('banner.handBack')}
        </Button>
      )}
      {allowed && (state === 'bot' || state === 'queued' || state === 'human-other') && (
        <Button size="sm" data-testid="take-over" busy={step.isPending} onClick={requestTakeOver}>
          {state === 'human-other' && other ? t('banner.takeOverAnyway') : t('banner.takeOver')}
        </Button>
      )}
      {allowed && state === 'resolved' && (
        <Button
          variant="secondary"
          size="sm"
          data-testid="reopen"
          busy={step.isPending}
          onClick={() => step.mutate({ verb: 'reopen' })}
        >
          {t('reopen')}
        </Button>
      )}
      {dialog && (
        <Suspense>
          <ConfirmDialog
            open
            title={dialog.title}
            description={dialog.description}
            action={dialog.action}
            onClose={() => setQuestion(null)}
            onConfirm={() => {
              if (question !== 'take-over-other') tabStore.set(ASKED, 'yes')
              setQuestion(null)
              dialog.run()
            }}
          />
        </Suspense>
      )}
    </section>
  )
}
