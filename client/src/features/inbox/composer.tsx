import { useQuery, useQueryClient } from '@tanstack/react-query'
import { SendHorizontal } from 'lucide-react'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Conversation } from '@/api/types'
import { tellTyping } from '@/lib/realtime/live'
import { useShortcut } from '@/lib/shortcuts'
import { drafts } from '@/lib/storage'
import { useFormat } from '@/lib/use-format'
import { useCan } from '@/lib/use-me'
import { Button } from '@/ui/button'
import { send } from './outbox'
import { contactQuery } from './queries'

const MAX = 4096
const TYPING_EVERY = 3_000

const onTouch = () => typeof matchMedia !== 'undefined' && matchMedia('(pointer: coarse)').matches

/** Writes to the contact. The text is on its way the moment it is sent, and is never lost: see the outbox. */
export function Composer({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation('inbox')
  const client = useQueryClient()
  const format = useFormat()
  const allowed = useCan('conversations:write')
  const { id, contact, state } = conversation
  // Only what the contact panel already knows; the server refuses the rest with its reason on the bubble.
  const details = useQuery({ ...contactQuery(contact.id), enabled: false }).data
  const [text, setText] = useState(() => drafts.get(id))
  const field = useRef<HTMLTextAreaElement>(null)
  const lastTyping = useRef(0)
  useShortcut('reply', 'r', () => field.current?.focus())
  useEffect(() => drafts.set(id, text), [id, text])

  const closed = !allowed
    ? t('composer.noPermission')
    : state === 'resolved'
      ? t('composer.resolvedHint')
      : details?.blocked_at
        ? t('composer.blocked')
        : details?.opted_out_at
          ? t('composer.optedOut')
          : null
  const trimmed = text.trim()
  const tooLong = trimmed.length > MAX
  const ready = !closed && trimmed.length > 0 && !tooLong

  const submit = () => {
    if (!ready) return
    send(client, id, trimmed)
    setText('')
    field.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === 'Escape') event.currentTarget.blur()
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || onTouch()) return
    event.preventDefault()
    submit()
  }
  const onChange = (value: string) => {
    setText(value)
    if (!value || Date.now() - lastTyping.current < TYPING_EVERY) return
    lastTyping.current = Date.now()
    tellTyping(id)
  }

  const placeholder = closed ?? (state === 'human' ? t('composer.placeholder') : t('composer.placeholderTakesOver'))
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
      className="flex flex-col gap-1 rounded-card border border-line-strong bg-surface p-2 focus-within:border-brand"
    >
      <textarea
        ref={field}
        data-testid="composer"
        rows={2}
        value={text}
        disabled={closed !== null}
        aria-label={t('composer.label', { name: contact.name })}
        aria-describedby={tooLong ? 'composer-problem' : undefined}
        aria-invalid={tooLong || undefined}
        placeholder={placeholder}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKeyDown}
        className="max-h-40 min-h-11 w-full resize-none bg-transparent px-2 py-1 outline-none [field-sizing:content] placeholder:text-fg-muted"
      />
      <div className="flex items-center gap-3">
        <p className="hidden flex-1 px-2 text-xs text-fg-muted md:block">{!closed && t('composer.hint')}</p>
        {tooLong && (
          <p id="composer-problem" role="alert" className="flex-1 text-sm text-danger">
            {t('composer.tooLong', { max: format.number(MAX) })}
          </p>
        )}
        <Button type="submit" disabled={!ready} data-testid="send" className="ml-auto">
          {t('composer.send')}
          <SendHorizontal size={16} aria-hidden />
        </Button>
      </div>
    </form>
  )
}
