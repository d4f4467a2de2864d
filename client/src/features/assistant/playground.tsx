import { FlaskConical, RotateCcw, Send } from 'lucide-react'
import { type KeyboardEvent, lazy, Suspense, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Assistant } from '@/api/types'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Card } from '@/ui/card'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { IconButton } from '@/ui/icon-button'
import { Input } from '@/ui/input'
import { Textarea } from '@/ui/textarea'
import { usePlayground } from './mutations'
import { PlaygroundAnswer } from './playground-answer'
import { linesOf, type Talk } from './talk'

const CaseDialog = lazy(() => import('./case-dialog'))

interface Props {
  assistant: Assistant
  /** The form has changes that the draft has not. */
  unsaved: boolean
}

/** A conversation with the draft. Nothing of it reaches a contact. */
export function Playground({ assistant, unsaved }: Props) {
  const { t } = useTranslation('assistant')
  const ask = usePlayground(assistant.id)
  const [talk, setTalk] = useState<Talk>([])
  const [text, setText] = useState('')
  const [contactName, setContactName] = useState('')
  const [saving, setSaving] = useState(false)
  const end = useRef<HTMLDivElement>(null)
  const said = talk.length
  useEffect(() => {
    if (said > 0) end.current?.scrollIntoView({ block: 'nearest' })
  }, [said])

  const answer = (next: Talk) =>
    ask.mutate(
      { messages: linesOf(next), contact_name: contactName.trim() },
      { onSuccess: (given) => setTalk((now) => (now === next ? [...next, { author: 'assistant', given }] : now)) },
    )
  const send = () => {
    const words = text.trim()
    if (!words || ask.isPending) return
    const next: Talk = [...talk, { author: 'contact', text: words }]
    setTalk(next)
    setText('')
    answer(next)
  }
  const restart = () => {
    ask.reset()
    setTalk([])
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send()
  }
  return (
    <Card
      title={t('playground.title')}
      detail={t('playground.detail')}
      className="flex flex-col"
      aside={
        said > 0 && (
          <IconButton label={t('playground.restart')} onClick={restart}>
            <RotateCcw size={16} aria-hidden />
          </IconButton>
        )
      }
    >
      <div
        role="log"
        aria-label={t('playground.log')}
        aria-busy={ask.isPending}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area has to be reachable by keyboard
        tabIndex={0}
        className="flex min-h-48 flex-col gap-3 overflow-y-auto xl:max-h-[50dvh]"
      >
        {said === 0 && <p className="m-auto max-w-xs py-8 text-center text-fg-muted">{t('playground.empty')}</p>}
        {talk.map((turn, index) =>
          turn.author === 'contact' ? (
            <p
              // biome-ignore lint/suspicious/noArrayIndexKey: turns are only added at the end
              key={index}
              data-testid="playground-question"
              className="max-w-[85%] self-start rounded-bubble rounded-bl-xs border bg-bubble-in px-3 py-2 break-words whitespace-pre-wrap"
            >
              {turn.text}
            </p>
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: turns are only added at the end
            <PlaygroundAnswer key={index} given={turn.given} />
          ),
        )}
        {ask.isPending && <p className="self-end text-sm text-ai">{t('playground.writing')}</p>}
        <div ref={end} />
      </div>
      {ask.isError && (
        <ErrorState className="mt-3" error={ask.error} onRetry={talk.length > 0 ? () => answer(talk) : undefined} />
      )}
      <form
        className="mt-3 flex flex-col gap-3 border-t pt-3"
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
      >
        {unsaved && <Badge tone="warn">{t('playground.unsaved')}</Badge>}
        <div className="flex items-end gap-2">
          <Textarea
            rows={2}
            aria-label={t('playground.message')}
            placeholder={t('playground.placeholder')}
            maxLength={4096}
            value={text}
            data-testid="playground-message"
            onChange={(event) => setText(event.target.value)}
            onKeyDown={onKeyDown}
          />
          <Button type="submit" aria-label={t('playground.send')} disabled={!text.trim()} busy={ask.isPending}>
            <Send size={16} aria-hidden />
          </Button>
        </div>
        <div className="flex flex-wrap items-end gap-3">
          <Field label={t('playground.contact')} className="min-w-40 flex-1">
            {(ids) => (
              <Input
                {...ids}
                maxLength={80}
                value={contactName}
                autoComplete="off"
                onChange={(event) => setContactName(event.target.value)}
              />
            )}
          </Field>
          <Button
            variant="secondary"
            disabled={!talk.some(({ author }) => author === 'contact')}
            onClick={() => setSaving(true)}
          >
            <FlaskConical size={16} aria-hidden />
            {t('playground.save')}
          </Button>
        </div>
      </form>
      {saving && (
        <Suspense>
          <CaseDialog
            assistantId={assistant.id}
            start={{ messages: linesOf(talk), contact_name: contactName.trim() }}
            onClose={() => setSaving(false)}
          />
        </Suspense>
      )}
    </Card>
  )
}
