import { RotateCcw } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { KnowledgeDocument } from '@/api/types'
import { useCan } from '@/lib/use-me'
import { Button } from '@/ui/button'
import { Notice } from '@/ui/notice'
import { useReadAgain } from './mutations'

/** What leaves it found by its words: nothing of before is kept beside it. */
const WORDS_ALONE = new Set(['not-embedded', 'budget-reached'])

type Code = keyof typeof import('@/i18n/pt-BR/knowledge.json')['failure']

/** Why it could not be read, and what helps. */
export function DocumentFailure({ document }: { document: KnowledgeDocument }) {
  const { t, i18n } = useTranslation('knowledge')
  const editable = useCan('documents:write')
  const again = useReadAgain(document.id)
  const { error } = document
  if (!error || (document.state !== 'failed' && document.state !== 'ready')) return null
  const known = i18n.exists(`knowledge:failure.${error.code}`)
  const code = (known ? error.code : 'other') as Code
  return (
    <Notice
      tone={document.state === 'failed' ? 'danger' : 'warn'}
      action={
        editable && (
          <Button variant="secondary" size="sm" busy={again.isPending} onClick={() => again.mutate('retry')}>
            <RotateCcw size={16} aria-hidden />
            {t('retry')}
          </Button>
        )
      }
    >
      <p className="font-medium" data-testid="failure" data-code={error.code}>
        {t(`failure.${code}.reason`, { code: error.code, detail: error.detail ?? '' })}
      </p>
      <p>{t(`failure.${code}.fix`)}</p>
      {document.state === 'ready' && !WORDS_ALONE.has(error.code) && <p>{t('keptBefore')}</p>}
    </Notice>
  )
}
