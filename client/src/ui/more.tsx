import { useTranslation } from 'react-i18next'
import { Button } from './button'

interface Props {
  query: { isFetchingNextPage: boolean; fetchNextPage: () => unknown }
  size?: 'md' | 'sm'
}

/** Reads the next page of a list. */
export function More({ query, size }: Props) {
  const { t } = useTranslation('ui')
  return (
    <Button variant="ghost" size={size} busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
      {query.isFetchingNextPage ? t('loadingMore') : t('loadMore')}
    </Button>
  )
}
