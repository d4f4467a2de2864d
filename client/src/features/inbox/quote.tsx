import { useTranslation } from 'react-i18next'
import type { Message } from '@/api/types'
import { useKindWord } from './preview'

type Quoted = NonNullable<Message['quote']>

/** Who wrote what is answered, and what it was. */
export function Quote({ quote, contactName }: { quote: Quoted; contactName: string }) {
  const { t } = useTranslation('inbox')
  const kind = useKindWord()
  const who =
    quote.author === null
      ? null
      : quote.author === 'contact'
        ? contactName
        : quote.author === 'agent'
          ? t('author.agentUnknown')
          : t(`author.${quote.author}`)
  const word = quote.type && quote.type !== 'text' ? kind(quote.type) : null
  const said = [word, quote.text].filter(Boolean).join(': ')
  return (
    <blockquote className="mb-1 rounded-control border-l-3 border-line-strong bg-surface-2 px-2 py-1 text-sm text-fg-muted">
      {who && <span className="block text-xs font-medium">{who}</span>}
      <span className="line-clamp-2">{said || t('quoteMissing')}</span>
    </blockquote>
  )
}
