import { useTranslation } from 'react-i18next'
import type { FieldChange } from '@/api/types'
import { cn } from '@/lib/cn'
import { useFormat } from '@/lib/use-format'
import { lineDiff } from './line-diff'

type FieldKey = keyof typeof import('@/i18n/pt-BR/assistant.json')['field']

const MARK = { same: ' ', gone: '−', new: '+' } as const
const LOOK = { same: '', gone: 'bg-danger-soft text-danger', new: 'bg-ok-soft text-ok' } as const

/** What differs between two versions, field by field. */
export function ChangeList({ changes }: { changes: readonly FieldChange[] }) {
  const { t, i18n } = useTranslation('assistant')
  const format = useFormat()
  if (changes.length === 0) return <p className="text-fg-muted">{t('diff.none')}</p>
  const words = (value: unknown): string => {
    if (value === null || value === undefined) return ''
    if (typeof value === 'boolean') return value ? t('diff.yes') : t('diff.no')
    if (typeof value === 'number') return format.number(value)
    if (Array.isArray(value)) return value.map(words).join('\n')
    return typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value)
  }
  return (
    <dl className="flex flex-col gap-3" data-testid="changes">
      {changes.map(({ field, before, after }) => (
        <div key={field}>
          <dt className="mb-1 font-medium">
            {i18n.exists(`assistant:field.${field}`) ? t(`field.${field as FieldKey}`) : field}
          </dt>
          <dd className="overflow-hidden rounded-control border font-mono text-xs">
            {lineDiff(words(before), words(after)).map(
              ({ kind, text }, index) =>
                (text !== '' || kind === 'same') && (
                  <p
                    // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name, and never change places
                    key={index}
                    className={cn('flex gap-2 px-2 py-0.5', LOOK[kind])}
                  >
                    <span aria-hidden>{MARK[kind]}</span>
                    {kind !== 'same' && <span className="sr-only">{t(`diff.${kind}`)}</span>}
                    <span className="min-w-0 break-words whitespace-pre-wrap">{text}</span>
                  </p>
                ),
            )}
          </dd>
        </div>
      ))}
    </dl>
  )
}
