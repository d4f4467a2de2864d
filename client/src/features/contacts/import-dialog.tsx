import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ImportReport } from '@/api/types'
import { useFormat } from '@/lib/use-format'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { ErrorState } from '@/ui/error-state'
import { Field } from '@/ui/field'
import { Input } from '@/ui/input'
import { Loading } from '@/ui/loading'
import { useImportContacts } from './mutations'

/** A file is tried as soon as it is chosen; what it would do is shown before anything is done. */
export default function ImportDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['contacts', 'ui'])
  const run = useImportContacts()
  const [file, setFile] = useState<File | null>(null)
  const report = run.data
  const done = report?.dry_run === false
  return (
    <Dialog open onClose={onClose} title={t('import.title')} description={t('import.detail')}>
      <div className="flex flex-col gap-4 pt-2">
        {!done && (
          <Field label={t('import.file')} hint={t('import.hint')}>
            {(ids) => (
              <Input
                {...ids}
                type="file"
                accept=".csv,text/csv"
                className="h-auto py-2"
                data-testid="import-file"
                onChange={(event) => {
                  const next = event.target.files?.[0] ?? null
                  setFile(next)
                  run.reset()
                  if (next) run.mutate({ file: next, dryRun: true })
                }}
              />
            )}
          </Field>
        )}
        {run.isPending && <Loading rows={1} />}
        {run.isError && <ErrorState error={run.error} />}
        {report && <Report report={report} />}
        <div className="flex justify-end gap-2">
          {done ? (
            <Button onClick={onClose}>{t('ui:close')}</Button>
          ) : (
            <Button
              data-testid="import-run"
              busy={run.isPending}
              disabled={!file || !report || report.created + report.updated === 0}
              onClick={() => file && run.mutate({ file, dryRun: false })}
            >
              {t('import.run')}
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  )
}

function Report({ report }: { report: ImportReport }) {
  const { t } = useTranslation('contacts')
  const format = useFormat()
  const counts = (['created', 'updated', 'unchanged', 'failed'] as const).map((name) => ({
    name,
    label: t(`import.${report.dry_run ? 'would' : 'did'}.${name}`),
    value: format.number(report[name]),
  }))
  return (
    <section data-testid="import-report" aria-live="polite">
      <dl className="grid grid-cols-2 gap-3 md:grid-cols-4">
        {counts.map(({ name, label, value }) => (
          <div key={name} className="flex flex-col-reverse rounded-control bg-surface-2 px-3 py-2">
            <dt className="text-sm text-fg-muted">{label}</dt>
            <dd className="text-lg font-semibold tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
      {report.errors.length > 0 && (
        <>
          <h3 className="mt-4 mb-1 font-semibold">{t('import.badLines')}</h3>
          <ul className="max-h-48 overflow-y-auto text-sm">
            {report.errors.map(({ line, code }) => (
              <li key={line} className="flex gap-3 border-b py-1 last:border-0">
                <span className="w-20 shrink-0 text-fg-muted tabular-nums">{t('import.line', { line })}</span>
                <span>{t(`import.error.${code}`, { defaultValue: code })}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}
