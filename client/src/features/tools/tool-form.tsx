import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Tool, ToolIn } from '@/api/types'
import { useErrorText } from '@/lib/error-text'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { Notice } from '@/ui/notice'
import { Select } from '@/ui/select'
import { Switch } from '@/ui/switch'
import { Textarea } from '@/ui/textarea'
import { HeaderFields } from './header-fields'
import { headersOf } from './headers'
import { readJson } from './json'
import { useSaveTool } from './mutations'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const EMPTY = { type: 'object', properties: {}, additionalProperties: false }

export default function ToolForm({ tool, onClose }: { tool: Tool | null; onClose: () => void }) {
  const { t } = useTranslation(['tools', 'ui'])
  const text = useErrorText()
  const save = useSaveTool(tool?.id ?? null)
  const [key] = useState(() => crypto.randomUUID())
  const [name, setName] = useState(tool?.name ?? '')
  const [description, setDescription] = useState(tool?.description ?? '')
  const [method, setMethod] = useState<ToolIn['method']>(tool?.method ?? 'GET')
  const [url, setUrl] = useState(tool?.url ?? 'https://')
  const [schema, setSchema] = useState(() => JSON.stringify(tool?.parameters ?? EMPTY, null, 2))
  const [header, setHeader] = useState({ name: '', value: '' })
  const [writes, setWrites] = useState(tool ? tool.effect === 'writes' : false)
  const [enabled, setEnabled] = useState(tool?.enabled ?? true)
  const parameters = readJson(schema)
  const submit = () => {
    if (parameters === null) return
    const headers = headersOf(header)
    const effect = writes ? ('writes' as const) : ('reads' as const)
    const timeout_seconds = tool?.timeout_seconds ?? 8
    const body = { name, description, method, url: url.trim(), parameters, headers, effect, enabled, timeout_seconds }
    save.mutate({ body, key }, { onSuccess: onClose })
  }
  return (
    <Dialog open onClose={onClose} size="lg" title={tool ? t('http.edit', { name: tool.name }) : t('http.add')}>
      <form
        className="flex flex-col gap-4 pt-2"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        {!tool && (
          <Field label={t('form.name')} hint={t('form.nameHint')}>
            {(ids) => (
              <Input
                {...ids}
                value={name}
                required
                maxLength={40}
                pattern="[a-z][a-z0-9_]+"
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
        )}
        <Field label={t('form.description')} hint={t('form.descriptionHint')}>
          {(ids) => (
            <Textarea
              {...ids}
              rows={2}
              value={description}
              required
              maxLength={1000}
              onChange={(event) => setDescription(event.target.value)}
            />
          )}
        </Field>
        <div className="grid gap-3 md:grid-cols-[8rem_1fr]">
          <Field label={t('form.method')}>
            {(ids) => (
              <Select
                {...ids}
                value={method}
                onChange={(event) => {
                  const next = METHODS.find((each) => each === event.target.value) ?? 'GET'
                  setMethod(next)
                  setWrites(next !== 'GET')
                }}
              >
                {METHODS.map((each) => (
                  <option key={each}>{each}</option>
                ))}
              </Select>
            )}
          </Field>
          <Field label={t('form.url')} hint={t('form.urlHint', { place: '{order_id}' })}>
            {(ids) => (
              <Input
                {...ids}
                value={url}
                required
                maxLength={2000}
                inputMode="url"
                onChange={(event) => setUrl(event.target.value)}
              />
            )}
          </Field>
        </div>
        <Field
          label={t('form.parameters')}
          hint={t('form.parametersHint')}
          error={parameters === null ? t('form.notJson') : undefined}
        >
          {(ids) => (
            <Textarea
              {...ids}
              rows={8}
              spellCheck={false}
              className="font-mono text-sm"
              value={schema}
              onChange={(event) => setSchema(event.target.value)}
            />
          )}
        </Field>
        <HeaderFields {...header} stored={tool?.header_names ?? []} onChange={setHeader} />
        <Switch label={t('form.writes')} hint={t('form.writesHint')} checked={writes} onChange={setWrites} />
        <Switch label={t('form.enabled')} checked={enabled} onChange={setEnabled} />
        {save.isError && <Notice tone="danger">{text(save.error)}</Notice>}
        <Button type="submit" busy={save.isPending} disabled={parameters === null} className="self-end">
          {t('ui:save')}
        </Button>
      </form>
    </Dialog>
  )
}
