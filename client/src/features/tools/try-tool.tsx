import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Tool } from '@/api/types'
import { useErrorText } from '@/lib/error-text'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'
import { Textarea } from '@/ui/textarea'
import { readJson } from './json'
import { useTryTool } from './mutations'

export default function TryTool({ tool, onClose }: { tool: Tool; onClose: () => void }) {
  const { t } = useTranslation('tools')
  const text = useErrorText()
  const trial = useTryTool(tool.id)
  const [written, setWritten] = useState('{}')
  const args = readJson(written)
  const result = trial.data
  return (
    <Dialog open onClose={onClose} title={t('tryTitle', { name: tool.name })}>
      <form
        className="flex flex-col gap-4 pt-2"
        onSubmit={(event) => {
          event.preventDefault()
          if (args !== null) trial.mutate(args)
        }}
      >
        {tool.effect === 'writes' && <Notice tone="warn">{t('tryWrites')}</Notice>}
        <Field label={t('tryArguments')} error={args === null ? t('form.notJson') : undefined}>
          {(ids) => (
            <Textarea
              {...ids}
              rows={4}
              spellCheck={false}
              className="font-mono text-sm"
              value={written}
              onChange={(event) => setWritten(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" busy={trial.isPending} disabled={args === null} className="self-end">
          {t('try')}
        </Button>
        {trial.isError && <Notice tone="danger">{text(trial.error)}</Notice>}
        <div role="status">
          {result && (
            <>
              <p className="font-medium">
                {t(`state.${result.state}`)}
                {result.status !== null && ` · HTTP ${result.status}`} · {result.milliseconds} ms
              </p>
              <pre className="mt-2 max-h-60 overflow-auto rounded-control bg-surface-2 p-3 text-sm break-all whitespace-pre-wrap">
                {result.text}
              </pre>
            </>
          )}
        </div>
      </form>
    </Dialog>
  )
}
