import { useQuery } from '@tanstack/react-query'
import { Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Expectation, SpokenLine, TestCase } from '@/api/types'
import { Button } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { Dialog } from '@/ui/dialog'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { IconButton } from '@/ui/icon-button'
import { Input } from '@/ui/input'
import { Select } from '@/ui/select'
import { Switch } from '@/ui/switch'
import { Textarea } from '@/ui/textarea'
import { type Draft, KINDS, missing, NO_VALUE, startOf } from './case-form'
import { useDeleteCase, useSaveCase } from './mutations'
import { citableQuery } from './queries'

interface Props {
  assistantId: string
  known?: TestCase
  start?: Partial<Draft>
  onClose: () => void
}

/** One case: what is said up to the answer, and what is expected of it. */
export default function CaseDialog({ assistantId, known, start, onClose }: Props) {
  const { t } = useTranslation(['assistant', 'ui'])
  const save = useSaveCase(assistantId)
  const remove = useDeleteCase(assistantId)
  const [draft, setDraft] = useState<Draft>(() => startOf(known, start))
  const [tried, setTried] = useState(false)
  const [asking, setAsking] = useState(false)
  const wrong = missing(draft)
  const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }))
  const submit = () => {
    setTried(true)
    if (wrong.length > 0) return
    const body = { ...draft, name: draft.name.trim() || null }
    save.mutate({ id: known?.id ?? null, body }, { onSuccess: onClose })
  }
  return (
    <Dialog open onClose={onClose} title={known ? t('case.edit') : t('case.new')} size="lg">
      <form
        noValidate
        className="flex flex-col gap-5 pt-2"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <div className="grid gap-4 md:grid-cols-2">
          <Field label={t('case.name')} hint={t('case.nameHint')}>
            {(ids) => (
              <Input
                {...ids}
                maxLength={120}
                value={draft.name}
                data-testid="case-name"
                onChange={(event) => change({ name: event.target.value })}
              />
            )}
          </Field>
          <Field label={t('playground.contact')}>
            {(ids) => (
              <Input
                {...ids}
                maxLength={80}
                value={draft.contact_name}
                onChange={(event) => change({ contact_name: event.target.value })}
              />
            )}
          </Field>
        </div>
        <Lines lines={draft.messages} onChange={(messages) => change({ messages })} />
        <Expectations items={draft.expectations} onChange={(expectations) => change({ expectations })} />
        <Switch
          label={t('tests.mustPass')}
          hint={t('case.mustPassHint')}
          checked={draft.must_pass}
          onChange={(must_pass) => change({ must_pass })}
        />
        {tried &&
          wrong.map((what) => (
            <p key={what} role="alert" className="text-danger">
              {t(`case.missing.${what}`)}
            </p>
          ))}
        {save.isError && <ErrorState error={save.error} />}
        <div className="flex flex-wrap justify-end gap-2">
          {known && (
            <Button variant="quiet-danger" className="mr-auto" onClick={() => setAsking(true)}>
              <Trash2 size={16} aria-hidden />
              {t('case.delete')}
            </Button>
          )}
          <Button type="submit" busy={save.isPending} data-testid="case-save">
            {t('ui:save')}
          </Button>
        </div>
      </form>
      {known && (
        <ConfirmDialog
          open={asking}
          danger
          title={t('case.deleteTitle', { name: known.name })}
          description={t('case.deleteDetail')}
          action={t('case.delete')}
          busy={remove.isPending}
          error={remove.isError && <ErrorState error={remove.error} />}
          onClose={() => setAsking(false)}
          onConfirm={() => remove.mutate(known.id, { onSuccess: onClose })}
        />
      )}
    </Dialog>
  )
}

const AUTHORS = ['contact', 'assistant', 'agent'] as const

function Lines({ lines, onChange }: { lines: readonly SpokenLine[]; onChange: (lines: SpokenLine[]) => void }) {
  const { t } = useTranslation('assistant')
  const put = (index: number, part: Partial<SpokenLine>) =>
    onChange(lines.map((line, at) => (at === index ? { ...line, ...part } : line)))
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 font-medium">{t('case.messages')}</legend>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no id, and keep their places while they are edited
        <div key={index} className="grid grid-cols-[1fr_auto] gap-2 md:grid-cols-[9rem_1fr_auto]">
          <Select
            aria-label={t('case.author', { number: index + 1 })}
            value={line.author}
            onChange={(event) => put(index, { author: event.target.value as SpokenLine['author'] })}
          >
            {AUTHORS.map((author) => (
              <option key={author} value={author}>
                {t(`case.who.${author}`)}
              </option>
            ))}
          </Select>
          <Textarea
            rows={2}
            maxLength={4096}
            aria-label={t('case.text', { number: index + 1 })}
            value={line.text}
            data-testid="case-line"
            className="max-md:order-last max-md:col-span-2"
            onChange={(event) => put(index, { text: event.target.value })}
          />
          <IconButton
            label={t('case.removeLine', { number: index + 1 })}
            disabled={lines.length === 1}
            onClick={() => onChange(lines.filter((_, at) => at !== index))}
          >
            <Trash2 size={16} aria-hidden />
          </IconButton>
        </div>
      ))}
      <Button
        variant="ghost"
        size="sm"
        className="self-start"
        disabled={lines.length >= 30}
        onClick={() => onChange([...lines, { author: 'contact', text: '' }])}
      >
        <Plus size={16} aria-hidden />
        {t('case.addLine')}
      </Button>
    </fieldset>
  )
}

function Expectations({
  items,
  onChange,
}: {
  items: readonly Expectation[]
  onChange: (items: Expectation[]) => void
}) {
  const { t } = useTranslation('assistant')
  const documents = useQuery(citableQuery()).data ?? []
  const put = (index: number, part: Partial<Expectation>) =>
    onChange(items.map((item, at) => (at === index ? { ...item, ...part } : item)))
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 font-medium">{t('case.expectations')}</legend>
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they have no id, and keep their places while they are edited
        <div key={index} className="grid grid-cols-[1fr_auto] gap-2 md:grid-cols-[14rem_1fr_auto]">
          <Select
            aria-label={t('case.kind', { number: index + 1 })}
            value={item.kind}
            data-testid="case-kind"
            onChange={(event) => put(index, { kind: event.target.value as Expectation['kind'], value: '' })}
          >
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t(`expect.${kind}`)}
              </option>
            ))}
          </Select>
          <div className="max-md:order-last max-md:col-span-2">
            {item.kind === 'cites_document' ? (
              <Select
                aria-label={t('case.value', { number: index + 1 })}
                value={item.value ?? ''}
                onChange={(event) => put(index, { value: event.target.value })}
              >
                <option value="">{t('case.chooseDocument')}</option>
                {documents.map(({ id, title }) => (
                  <option key={id} value={id}>
                    {title}
                  </option>
                ))}
              </Select>
            ) : (
              !NO_VALUE.has(item.kind) && (
                <Input
                  aria-label={t('case.value', { number: index + 1 })}
                  placeholder={t(`expectHint.${item.kind as 'contains'}`)}
                  maxLength={500}
                  value={item.value ?? ''}
                  data-testid="case-value"
                  onChange={(event) => put(index, { value: event.target.value })}
                />
              )
            )}
          </div>
          <IconButton
            label={t('case.removeExpectation', { number: index + 1 })}
            onClick={() => onChange(items.filter((_, at) => at !== index))}
          >
            <Trash2 size={16} aria-hidden />
          </IconButton>
        </div>
      ))}
      <Button
        variant="ghost"
        size="sm"
        className="self-start"
        disabled={items.length >= 20}
        onClick={() => onChange([...items, { kind: 'contains', value: '' }])}
      >
        <Plus size={16} aria-hidden />
        {t('case.addExpectation')}
      </Button>
    </fieldset>
  )
}
