import { standardSchemaResolver } from '@hookform/resolvers/standard-schema'
import { Link } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { ApiError, fieldName } from '@/api/errors'
import type { Gap, KnowledgeDocument } from '@/api/types'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { ErrorState } from '@/ui/error-state'
import { Field, type FieldIds } from '@/ui/field'
import { Input } from '@/ui/input'
import { Textarea } from '@/ui/textarea'
import {
  FIELDS,
  type FieldName,
  type Kind,
  kindOf,
  newOf,
  pairOf,
  patchOf,
  SCHEMAS,
  type Values,
  valuesOf,
} from './document-form'
import { useAddDocument, useAnswerGap, useChangeDocument } from './mutations'
import { RefreshChoice } from './refresh-choice'

interface AddProps {
  kind: 'page' | 'pair'
  /** What somebody asked already. */
  question?: string
  onClose: () => void
}

export function AddDialog({ kind, question = '', onClose }: AddProps) {
  const { t } = useTranslation('knowledge')
  const add = useAddDocument()
  const key = useRef(crypto.randomUUID())
  return (
    <DocumentDialog
      kind={kind}
      title={t(`add.${kind}`)}
      detail={t(`add.${kind}Detail`)}
      start={{ ...valuesOf(null), question }}
      action={t('add.action')}
      onClose={onClose}
      onSave={async (values) => {
        try {
          await add.mutateAsync({ body: newOf(kind, values), key: key.current })
          toast('success', t('add.done'))
        } finally {
          // Another body needs another key.
          key.current = crypto.randomUUID()
        }
      }}
    />
  )
}

export function EditDialog({ document, onClose }: { document: KnowledgeDocument; onClose: () => void }) {
  const { t } = useTranslation(['knowledge', 'ui'])
  const change = useChangeDocument(document.id)
  return (
    <DocumentDialog
      kind={kindOf(document)}
      title={t('edit.title')}
      detail={t('edit.detail')}
      start={valuesOf(document)}
      action={t('ui:save')}
      onClose={onClose}
      onSave={async (values) => {
        const patch = patchOf(document, values)
        if (Object.keys(patch).length > 0) await change.mutateAsync(patch)
        toast('success', t('ui:saved'))
      }}
    />
  )
}

/** Answers what contacts asked in vain. */
export function GapDialog({ gap, onClose }: { gap: Gap; onClose: () => void }) {
  const { t } = useTranslation('knowledge')
  const answer = useAnswerGap(gap.id)
  return (
    <DocumentDialog
      kind="pair"
      title={t('gap.title')}
      detail={t('add.pairDetail')}
      start={{ ...valuesOf(null), question: gap.question }}
      action={t('gap.answer')}
      onClose={onClose}
      onSave={async (values) => {
        await answer.mutateAsync(pairOf(values))
        toast('success', t('add.done'))
      }}
    />
  )
}

interface Props {
  kind: Kind
  title: string
  detail: string
  start: Values
  action: string
  onSave: (values: Values) => Promise<void>
  onClose: () => void
}

function DocumentDialog({ kind, title, detail, start, action, onSave, onClose }: Props) {
  const { t } = useTranslation('knowledge')
  const [failure, setFailure] = useState<unknown>(null)
  const form = useForm<Values>({ resolver: standardSchemaResolver(SCHEMAS[kind]), defaultValues: start })
  const { errors, isSubmitting } = form.formState
  const words = (message: string | undefined) => {
    const [what, max] = message?.split(':') ?? []
    return what ? t(`invalid.${what as 'required'}`, { max }) : undefined
  }
  const submit = form.handleSubmit(async (values) => {
    setFailure(null)
    try {
      await onSave(values)
      onClose()
    } catch (error) {
      const refused = error instanceof ApiError && error.code === 'egress-denied'
      if (refused) form.setError('url', { message: 'private' }, { shouldFocus: true })
      const named = error instanceof ApiError ? error.fields.map(({ pointer }) => fieldName(pointer)) : []
      const mine = FIELDS[kind].filter((name) => named.includes(name))
      for (const name of mine) form.setError(name, { message: 'refused' }, { shouldFocus: true })
      if (!refused && mine.length === 0) setFailure(error)
    }
  })
  const control = (name: FieldName, ids: FieldIds) => {
    const props = { ...ids, ...form.register(name), 'data-testid': `document-${name}` }
    if (name === 'refresh') return <RefreshChoice {...props} days={start.refresh} />
    if (name === 'answer') return <Textarea {...props} rows={6} />
    if (name !== 'url') return <Input {...props} autoComplete="off" />
    return <Input {...props} type="url" placeholder="https://" autoCapitalize="none" spellCheck={false} />
  }
  return (
    <Dialog open onClose={onClose} title={title} description={detail}>
      <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4 pt-2">
        {failure != null && <ErrorState error={failure} />}
        {failure instanceof ApiError && failure.planLimit && (
          <Link to="/usage" className="text-brand underline">
            {t('seePlan')}
          </Link>
        )}
        {FIELDS[kind].map((name) => (
          <Field
            key={name}
            label={t(`field.${name}`)}
            hint={name === 'title' || name === 'question' ? undefined : t(`hint.${name}`)}
            error={words(errors[name]?.message)}
          >
            {(ids) => control(name, ids)}
          </Field>
        ))}
        <div className="flex justify-end">
          <Button type="submit" busy={isSubmitting} data-testid="document-submit">
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
