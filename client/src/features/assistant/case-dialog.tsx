import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TestCase } from '@/api/types'
import { Button } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { Dialog } from '@/ui/dialog'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { Switch } from '@/ui/switch'
import { CaseExpectations } from './case-expectations'
import { type Draft, missing, startOf } from './case-form'
import { CaseLines } from './case-lines'
import { useDeleteCase, useSaveCase } from './mutations'

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
        <CaseLines lines={draft.messages} onChange={(messages) => change({ messages })} />
        <CaseExpectations items={draft.expectations} onChange={(expectations) => change({ expectations })} />
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
