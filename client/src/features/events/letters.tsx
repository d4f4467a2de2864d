import { useInfiniteQuery } from '@tanstack/react-query'
import { PartyPopper } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Chip } from '@/ui/chip'
import { EmptyState } from '@/ui/empty-state'
import { PagedList } from '@/ui/paged-list'
import { LetterRow } from './letter-row'
import { lettersQuery } from './queries'

interface Props {
  closed: boolean
  onClosed: (closed: boolean) => void
}

/** What failed for good, until a person has it done again or lets it go. */
export function Letters({ closed, onClosed }: Props) {
  const { t } = useTranslation('events')
  const query = useInfiniteQuery(lettersQuery(closed ? 'closed' : 'open'))
  const empty = (
    <EmptyState
      icon={PartyPopper}
      title={closed ? t('letters.emptyClosed') : t('letters.emptyOpen')}
      detail={closed ? t('letters.emptyClosedDetail') : t('letters.emptyOpenDetail')}
    />
  )
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-48 flex-1 text-fg-muted">{t('letters.detail')}</p>
        <fieldset className="flex gap-1">
          <legend className="sr-only">{t('letters.show')}</legend>
          {[false, true].map((each) => (
            <Chip key={String(each)} pressed={closed === each} onClick={() => onClosed(each)}>
              {each ? t('letters.closed') : t('letters.open')}
            </Chip>
          ))}
        </fieldset>
      </div>
      <PagedList query={query} label={t('letters.list')} empty={empty}>
        {(letter) => <LetterRow key={letter.id} letter={letter} />}
      </PagedList>
    </>
  )
}
