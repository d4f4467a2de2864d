import { useTranslation } from 'react-i18next'

export function Quote({ text }: { text: string | null }) {
  const { t } = useTranslation('inbox')
  return (
    <blockquote className="mb-1 line-clamp-2 rounded-control border-l-3 border-line-strong bg-surface-2 px-2 py-1 text-sm text-fg-muted">
      {text || t('quoteMissing')}
    </blockquote>
  )
}
