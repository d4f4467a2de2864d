import { useTranslation } from 'react-i18next'
import type { DocumentDetail } from '@/api/types'
import { cn } from '@/lib/cn'
import { useFormat } from '@/lib/use-format'

const MARK = { added: '+', removed: '−' } as const
const LOOK = { added: 'bg-ok-soft text-ok', removed: 'bg-danger-soft text-danger' } as const

/** What the last reading of a page that found other words changed. */
export function PageChanges({ changes }: { changes: NonNullable<DocumentDetail['changes']> }) {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  return (
    <section data-testid="document-changes">
      <h3 className="font-semibold">{t('changes.title')}</h3>
      <p className="mb-2 text-fg-muted">{format.dateTime(changes.at)}</p>
      {(['added', 'removed'] as const).map((kind) => {
        const more = changes[`${kind}_count`] - changes[kind].length
        return (
          changes[kind].length > 0 && (
            <div key={kind} className="mb-3">
              <h4>{t(`changes.${kind}`, { count: changes[`${kind}_count`] })}</h4>
              <ul className="mt-1 overflow-hidden rounded-control border text-sm">
                {changes[kind].map(({ heading, text }) => (
                  <li key={`${heading}\n${text}`} className={cn('flex gap-2 px-2 py-1', LOOK[kind])}>
                    <span aria-hidden>{MARK[kind]}</span>
                    <span className="min-w-0 break-words whitespace-pre-wrap">
                      {heading && <strong className="block font-medium">{heading}</strong>}
                      {text}
                    </span>
                  </li>
                ))}
              </ul>
              {more > 0 && <p className="text-fg-muted">{t('changes.more', { count: more })}</p>}
            </div>
          )
        )
      })}
    </section>
  )
}
