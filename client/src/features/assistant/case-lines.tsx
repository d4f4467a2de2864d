import { useTranslation } from 'react-i18next'
import type { SpokenLine } from '@/api/types'
import { Select } from '@/ui/select'
import { Textarea } from '@/ui/textarea'
import { EditableRows } from './editable-rows'

const AUTHORS = ['contact', 'assistant', 'agent'] as const

interface Props {
  lines: readonly SpokenLine[]
  onChange: (lines: SpokenLine[]) => void
}

/** What is said up to the answer. */
export function CaseLines({ lines, onChange }: Props) {
  const { t } = useTranslation('assistant')
  return (
    <EditableRows
      legend={t('case.messages')}
      rows={lines}
      onChange={onChange}
      least={1}
      most={30}
      fresh={{ author: 'contact', text: '' }}
      columns="md:grid-cols-[9rem_1fr_auto]"
      add={t('case.addLine')}
      remove={(number) => t('case.removeLine', { number })}
    >
      {(line, number, put) => (
        <>
          <Select
            aria-label={t('case.author', { number })}
            value={line.author}
            onChange={(event) => put({ author: event.target.value as SpokenLine['author'] })}
          >
            {AUTHORS.map((author) => (
              <option key={author} value={author}>
                {t(`case.who.${author}`)}
              </option>
            ))}
          </Select>
          <Textarea
            rows={2}
            maxLength={4096}
            aria-label={t('case.text', { number })}
            value={line.text}
            data-testid="case-line"
            className="max-md:order-last max-md:col-span-2"
            onChange={(event) => put({ text: event.target.value })}
          />
        </>
      )}
    </EditableRows>
  )
}
