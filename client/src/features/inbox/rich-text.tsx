import { Fragment, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { parseRichText, type Span } from './rich-text-parse'

/** WhatsApp's own marks as React nodes: what contacts write stays text, and only http(s) becomes a link. */
export function RichText({ text }: { text: string }) {
  const { t } = useTranslation('inbox')
  return <>{render(parseRichText(text), t('formatted.opensNewTab'))}</>
}

function render(spans: Span[], newTab: string): ReactNode {
  return spans.map((span) => {
    const key = `${span.kind}${span.at}`
    switch (span.kind) {
      case 'text':
        return <Fragment key={key}>{span.text}</Fragment>
      case 'link':
        return (
          <a
            key={key}
            href={span.text}
            target="_blank"
            rel="noopener noreferrer"
            className="break-all text-info underline"
          >
            {span.text}
            <span className="sr-only"> ({newTab})</span>
          </a>
        )
      case 'code':
        return (
          <code key={key} className="rounded-control bg-surface-2 px-1">
            {span.text}
          </code>
        )
      case 'bold':
        return <strong key={key}>{render(span.inner, newTab)}</strong>
      case 'italic':
        return <em key={key}>{render(span.inner, newTab)}</em>
      case 'strike':
        return <s key={key}>{render(span.inner, newTab)}</s>
      default:
        return null
    }
  })
}
