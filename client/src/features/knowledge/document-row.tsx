import { Link } from '@tanstack/react-router'
import { FileText, Globe, MessageCircleQuestionMark } from 'lucide-react'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import type { DocumentSource, KnowledgeDocument } from '@/api/types'
import { useFormat } from '@/lib/use-format'
import { Badge } from '@/ui/badge'
import { DocumentFailure } from './document-failure'
import { isWorked, Progress, StateBadge } from './document-state'

export const ICON: Record<DocumentSource, typeof FileText> = {
  file: FileText,
  page: Globe,
  pair: MessageCircleQuestionMark,
}

/** The whole row opens the document's sheet. */
export const DocumentRow = memo(function DocumentRow({ document }: { document: KnowledgeDocument }) {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  const Icon = ICON[document.source]
  const facts = [
    document.source === 'pair' ? document.answer : (document.url ?? document.file_name),
    document.size !== null && format.size(document.size),
    document.pages !== null && t('pages', { count: document.pages }),
    document.chunks > 0 && document.source !== 'pair' && t('passages', { count: document.chunks }),
  ].filter(Boolean)
  return (
    <li
      className="flex flex-col gap-2 px-4 py-3 [contain-intrinsic-size:auto_72px] [content-visibility:auto]"
      data-testid="document-row"
      data-document-id={document.id}
      data-state={document.state}
    >
      <Link
        to="/knowledge"
        search={(before) => ({ ...before, document: document.id })}
        aria-label={t('open', { title: document.title })}
        className="-m-2 flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 rounded-control p-2 hover:bg-surface-2"
      >
        <Icon size={18} aria-label={t(`source.${document.source}`)} className="shrink-0 text-fg-muted" />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium">{document.title}</span>
          <span className="block truncate text-sm text-fg-muted">{facts.join(' · ')}</span>
        </span>
        {document.tags.map((tag) => (
          <Badge key={tag} tone="info" className="max-md:hidden">
            {tag}
          </Badge>
        ))}
        <StateBadge document={document} />
        <time
          dateTime={document.updated_at}
          className="w-14 text-right text-sm text-fg-muted tabular-nums max-md:hidden"
        >
          {format.brief(document.updated_at)}
        </time>
      </Link>
      {isWorked(document) && <Progress document={document} />}
      <DocumentFailure document={document} />
    </li>
  )
})
