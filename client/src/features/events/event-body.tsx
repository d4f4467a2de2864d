import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { CopyButton } from '@/ui/copy-button'

/** JSON with its lines broken; anything else as it came. */
export function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

export function EventBody({ body }: { body: string | null }) {
  const { t } = useTranslation('events')
  const text = useMemo(() => (body === null ? null : pretty(body)), [body])
  return (
    <section>
      <div className="mb-2 flex items-center justify-between gap-3">
        <h3 className="font-semibold">{t('sheet.body')}</h3>
        {text !== null && <CopyButton text={text} />}
      </div>
      {text === null ? (
        <p className="text-fg-muted">{t('sheet.bodyGone')}</p>
      ) : (
        <pre
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area has to be reachable by keyboard
          tabIndex={0}
          data-testid="event-body"
          className="max-h-[60dvh] overflow-auto rounded-control bg-surface-2 p-3 font-mono text-xs"
        >
          {text}
        </pre>
      )}
    </section>
  )
}
