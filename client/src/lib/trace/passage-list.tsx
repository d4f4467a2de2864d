import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '@/api/client'
import { ApiError } from '@/api/errors'
import { keys } from '@/api/keys'
import type { TracePassage } from '@/api/types'
import { useFormat } from '@/lib/use-format'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { Meter } from '@/ui/meter'

/** What the assistant was shown, with what it rested on first. */
export function PassageList({ passages }: { passages: readonly TracePassage[] }) {
  const { t } = useTranslation('trace')
  if (passages.length === 0) return <p className="text-fg-muted">{t('noPassages')}</p>
  const ordered = [...passages].sort((a, b) => Number(b.cited) - Number(a.cited) || b.score - a.score)
  return (
    <ul className="divide-y rounded-card border">
      {ordered.map((passage) => (
        <PassageRow key={passage.chunk_id} passage={passage} />
      ))}
    </ul>
  )
}

function PassageRow({ passage }: { passage: TracePassage }) {
  const { t } = useTranslation('trace')
  const format = useFormat()
  // What an answer rests on is what people open this for.
  const [open, setOpen] = useState(passage.cited)
  const { title, page, heading, cited, score } = passage
  const place = page === null ? title : t('place', { title, page: format.number(page) })
  return (
    <li className="flex flex-col gap-2 p-3" data-testid="passage" data-cited={cited}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Link
          to="/knowledge"
          search={{ document: passage.document_id }}
          className="min-w-0 flex-1 font-medium break-words underline decoration-dotted underline-offset-2"
        >
          {place}
        </Link>
        {cited && <Badge tone="ai">{t('cited')}</Badge>}
        <div className="flex items-center gap-2 text-sm text-fg-muted tabular-nums">
          <div className="w-16">
            <Meter progress label={t('score')} share={score} valueText={format.percent(score)} />
          </div>
          <span aria-hidden>{format.percent(score)}</span>
        </div>
      </div>
      {heading && <p className="text-sm text-fg-muted">{heading}</p>}
      {open ? (
        <PassageText passage={passage} />
      ) : (
        <Button
          variant="ghost"
          size="sm"
          className="self-start"
          aria-label={t('showOf', { place })}
          onClick={() => setOpen(true)}
        >
          {t('show')}
        </Button>
      )}
    </li>
  )
}

function PassageText({ passage: { document_id, chunk_id } }: { passage: TracePassage }) {
  const { t } = useTranslation('trace')
  const query = useQuery({
    queryKey: keys.passage(chunk_id),
    queryFn: () =>
      unwrap(
        api.GET('/api/v1/documents/{document_id}/passages/{chunk_id}', { params: { path: { document_id, chunk_id } } }),
      ),
  })
  if (query.isPending) return <Loading rows={1} />
  if (query.error instanceof ApiError && query.error.status === 404)
    return <p className="text-fg-muted">{t('passageGone')}</p>
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />
  return (
    <blockquote className="border-l-2 border-line-strong pl-3 break-words whitespace-pre-wrap">
      {query.data.text}
    </blockquote>
  )
}
