import { Link } from '@tanstack/react-router'
import { Check, Circle, CircleSlash } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Badge } from '@/ui/badge'
import { Button, buttonClass } from '@/ui/button'
import type { STEPS } from './steps'

interface Props {
  step: (typeof STEPS)[number]
  done: boolean
  skipped: boolean
  onSkip: (skip: boolean) => void
}

export function StepRow({ step, done, skipped, onSkip }: Props) {
  const { t } = useTranslation('onboarding')
  return (
    <li className="flex flex-wrap items-center gap-4 rounded-card border bg-surface p-4" data-done={done}>
      <div className="min-w-60 flex-1">
        <div className="flex flex-wrap items-center gap-2">
          <h2 className="text-md font-semibold">{t(`${step.id}.title`)}</h2>
          {done ? (
            <Badge tone="ok" icon={<Check size={14} aria-hidden />}>
              {t('done')}
            </Badge>
          ) : skipped ? (
            <Badge icon={<CircleSlash size={14} aria-hidden />}>{t('skipped')}</Badge>
          ) : (
            <Badge icon={<Circle size={12} aria-hidden />}>{t('pending')}</Badge>
          )}
          {!done && !skipped && <span className="text-sm text-fg-muted">{t('minutes', { count: step.minutes })}</span>}
        </div>
        <p className="mt-1 text-fg-muted">{t(`${step.id}.detail`)}</p>
      </div>
      {!done && (
        <Button variant="ghost" size="sm" onClick={() => onSkip(!skipped)} aria-pressed={skipped}>
          {skipped ? t('unskip') : t('skip')}
        </Button>
      )}
      <Link to={step.to} className={buttonClass(done || skipped ? 'secondary' : 'primary')}>
        {t(`${step.id}.action`)}
      </Link>
    </li>
  )
}
