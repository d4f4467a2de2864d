/** What became of a resolved conversation: a model's summary of it, and the contact's rating. */
import { Star } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Conversation } from '@/api/types'
import { Badge } from '@/ui/badge'
import { PanelSection } from './panel-section'

const TONES = { positive: 'ok', neutral: 'neutral', negative: 'warn' } as const

export function AnalysisSection({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation('inbox')
  const { analysis, satisfaction } = conversation
  if (!analysis && satisfaction === null) return null
  return (
    <PanelSection title={t('analysis.title')}>
      <div className="flex flex-col gap-2">
        {satisfaction !== null && (
          <p className="flex items-center gap-2">
            <Star size={14} aria-hidden className="text-fg-muted" />
            {t('analysis.rating', { rating: satisfaction })}
          </p>
        )}
        {analysis && (
          <>
            <p>{analysis.summary}</p>
            <p className="flex flex-wrap gap-2">
              <Badge tone="neutral">{analysis.topic}</Badge>
              <Badge tone={TONES[analysis.sentiment]}>{t(`analysis.sentiment.${analysis.sentiment}`)}</Badge>
              <Badge tone="neutral">{t(`analysis.outcome.${analysis.outcome}`)}</Badge>
            </p>
          </>
        )}
      </div>
    </PanelSection>
  )
}
