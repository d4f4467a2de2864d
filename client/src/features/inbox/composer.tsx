import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Mic, Paperclip, SendHorizontal } from 'lucide-react'
import { type ClipboardEvent, type KeyboardEvent, lazy, Suspense, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Conversation } from '@/api/types'
import { tellTyping } from '@/lib/realtime/live'
import { useShortcut } from '@/lib/shortcuts'
import { drafts } from '@/lib/storage'
import { useFormat } from '@/lib/use-format'
import { useCan } from '@/lib/use-me'
import { Button } from '@/ui/button'
import { IconButton } from '@/ui/icon-button'
import { send } from './outbox'
import { contactQuery } from './queries'
import { ReplyBar } from './reply-bar'
import { noReply, useReplyTo } from './reply-to'
import { useAttachments } from './use-attachments'
import { useCapabilities } from './use-capabilities'
import { useFileDrop } from './use-file-drop'
import { useWindow } from './use-window'

const AttachmentList = lazy(() => import('./attachment-list'))
const VoiceRecorder = lazy(() => import('./voice-recorder'))

const MAX = 4096
const TYPING_EVERY = 3_000

const CAPTIONED = ['image', 'video', 'document']
const canRecord = () => typeof MediaRecorder !== 'undefined' && navigator.mediaDevices?.getUserMedia !== undefined

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
  const left = useWindow(conversation)
  const [text, setText] = useState(() => drafts.get(id))
  const field = useRef<HTMLTextAreaElement>(null)
  const lastTyping = useRef(0)
  const files = useAttachments()
  const picker = useRef<HTMLInputElement>(null)
  const [voice, setVoice] = useState<'off' | 'on' | 'refused'>('off')
  const answered = useReplyTo(id)
  const sends = useCapabilities(id)?.sends
  const takesFiles = sends?.includes('document') ?? false
  const takesVoice = (sends?.includes('audio') ?? false) && canRecord()
  useShortcut('reply', 'r', () => field.current?.focus())
  useEffect(() => drafts.set(id, text), [id, text])
  useEffect(() => {
    if (answered) field.current?.focus()
  }, [answered])

  const closed = !allowed
    ? t('composer.noPermission')
    : state === 'resolved'
      ? t('composer.resolvedHint')
      : details?.blocked_at
        ? t('composer.blocked')
        : left === 0
          ? t('window.closedShort')
          : null
  const trimmed = text.trim()
  const tooLong = trimmed.length > MAX
  const ready = !closed && (trimmed.length > 0 || files.items.length > 0) && files.ready && !tooLong

  const submit = () => {
    if (!ready) return
    const quote = answered
      ? { message_id: answered.id, author: answered.author, type: answered.type, text: answered.text }
      : null
    // The words go with the first file that can carry them, else by themselves.
    const carrier = files.items.find((item) => item.media && CAPTIONED.includes(item.media.kind))
    const alone = trimmed.length > 0 && !carrier
    for (const [index, item] of files.items.entries())
      send(client, id, {
        text: item === carrier && trimmed ? trimmed : null,
        media: item.media,
        quote: index === 0 && !alone ? quote : null,
      })
    if (alone) send(client, id, { text: trimmed, quote })
    setText('')
    files.clear()
    noReply(id)
    field.current?.focus()
  }
  const attach = (list: FileList | null | undefined): boolean => {
    if (!takesFiles || closed || !list || list.length === 0) return false
    files.add([...list])
    return true
  }
  const onPaste = (event: ClipboardEvent) => {
    if (attach(event.clipboardData.files)) event.preventDefault()
  }
  const dropping = useFileDrop(takesFiles && !closed, attach)
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
      className="relative flex flex-col gap-1 rounded-card border border-line-strong bg-surface p-2 focus-within:border-brand"
    >
      {dropping && (
        <p className="absolute inset-0 z-10 flex items-center justify-center rounded-card border-2 border-brand border-dashed bg-brand-soft font-medium text-brand">
          {t('attach.drop')}
        </p>
      )}
      <ReplyBar conversationId={id} contactName={contact.name} />
      <Suspense>
        {files.items.length > 0 && <AttachmentList items={files.items} onRemove={files.remove} onRetry={files.retry} />}
        {voice === 'on' && (
          <VoiceRecorder
            onDone={(file) => {
              setVoice('off')
              files.add([file], true)
              field.current?.focus()
            }}
            onCancel={() => setVoice('off')}
            onRefused={() => setVoice('refused')}
          />
        )}
      </Suspense>
      {voice === 'refused' && (
        <p role="alert" className="px-2 text-sm text-danger">
          {t('attach.noMicrophone')}
        </p>
      )}
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
        onPaste={onPaste}
        className="max-h-40 min-h-11 w-full resize-none bg-transparent px-2 py-1 outline-none [field-sizing:content] placeholder:text-fg-muted"
      />
      <div className="flex items-center gap-1">
        {takesFiles && (
          <>
            <input
              ref={picker}
              type="file"
              multiple
              hidden
              data-testid="file"
              onChange={(event) => {
                attach(event.target.files)
                event.target.value = ''
              }}
            />
            <IconButton label={t('attach.button')} disabled={closed !== null} onClick={() => picker.current?.click()}>
              <Paperclip size={18} aria-hidden />
            </IconButton>
          </>
        )}
        {takesVoice && (
          <IconButton
            label={t('attach.record')}
            data-testid="record"
            disabled={closed !== null || voice === 'on'}
            onClick={() => setVoice('on')}
          >
            <Mic size={18} aria-hidden />
          </IconButton>
        )}
        <p className="hidden flex-1 px-2 text-xs text-fg-muted md:block">
          {!closed && !contact.opted_out_at && t('composer.hint')}
        </p>
        {contact.opted_out_at && !closed && !tooLong && (
          <p role="note" data-testid="opted-out" className="flex-1 text-sm text-warn">
            {t('composer.optedOut')}
          </p>
        )}
        {tooLong && (
          <p id="composer-problem" role="alert" className="flex-1 text-sm text-danger">
            {t('composer.tooLong', { max: format.number(MAX) })}
          </p>
        )}
        <Button
          type="submit"
          disabled={!ready}
          data-testid="send"
          className="ml-auto"
          // The field keeps the focus, so that a phone's keyboard stays.
          onMouseDown={(event) => event.preventDefault()}
        >
          {t('composer.send')}
          <SendHorizontal size={16} aria-hidden />
        </Button>
      </div>
    </form>
  )
}
