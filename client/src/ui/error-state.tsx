import { useTranslation } from 'react-i18next'
import { ApiError } from '@/api/errors'
import { useErrorText } from '@/lib/error-text'
import { Button } from './button'
import { Notice } from './notice'

interface Props {
  error: unknown
  onRetry?: () => void
  className?: string
}

/** A failure in its place: plain words, a way to try again, and the id to give to support. */
export function ErrorState({ error, onRetry, className }: Props) {
  const { t } = useTranslation('ui')
  const text = useErrorText()
  const requestId = error instanceof ApiError ? error.requestId : null
  return (
    <Notice
      tone="danger"
      role="alert"
      className={className}
      action={
        onRetry && (
          <Button variant="secondary" size="sm" onClick={onRetry}>
            {t('retry')}
          </Button>
        )
      }
    >
      <p>{text(error)}</p>
      {requestId && <p className="text-xs break-all">{t('requestId', { id: requestId })}</p>}
    </Notice>
  )
}
