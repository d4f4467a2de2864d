import { SearchX } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Button } from './button'
import { EmptyState } from './empty-state'

/** A list that its filters leave empty, and the way out. */
export function NothingMatches({ title, onClear }: { title: string; onClear: () => void }) {
  const { t } = useTranslation('ui')
  return (
    <EmptyState
      icon={SearchX}
      title={title}
      action={
        <Button variant="secondary" onClick={onClear}>
          {t('clearFilters')}
        </Button>
      }
    />
  )
}
