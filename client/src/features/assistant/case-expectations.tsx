import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Expectation } from '@/api/types'
import { Input } from '@/ui/input'
import { Select } from '@/ui/select'
import { KINDS, NO_VALUE } from './case-form'
import { EditableRows } from './editable-rows'
import { citableQuery } from './queries'

interface Props {
  items: readonly Expectation[]
  onChange: (items: Expectation[]) => void
}

/** What the answer must be like. */
export function CaseExpectations({ items, onChange }: Props) {
  const { t } = useTranslation('assistant')
  const documents = useQuery(citableQuery()).data ?? []
  return (
    <EditableRows
      legend={t('case.expectations')}
      rows={items}
      onChange={onChange}
      least={0}
      most={20}
      fresh={{ kind: 'contains', value: '' }}
      columns="md:grid-cols-[14rem_1fr_auto]"
      add={t('case.addExpectation')}
      remove={(number) => t('case.removeExpectation', { number })}
    >
      {(item, number, put) => (
        <>
          <Select
            aria-label={t('case.kind', { number })}
            value={item.kind}
            data-testid="case-kind"
            onChange={(event) => put({ kind: event.target.value as Expectation['kind'], value: '' })}
          >
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t(`expect.${kind}`)}
              </option>
            ))}
          </Select>
          <div className="max-md:order-last max-md:col-span-2">
            {item.kind === 'cites_document' ? (
              <Select
                aria-label={t('case.value', { number })}
                value={item.value ?? ''}
                onChange={(event) => put({ value: event.target.value })}
              >
                <option value="">{t('case.chooseDocument')}</option>
                {documents.map(({ id, title }) => (
                  <option key={id} value={id}>
                    {title}
                  </option>
                ))}
              </Select>
            ) : (
              !NO_VALUE.has(item.kind) && (
                <Input
                  aria-label={t('case.value', { number })}
                  placeholder={t(`expectHint.${item.kind as 'contains'}`)}
                  maxLength={500}
                  value={item.value ?? ''}
                  data-testid="case-value"
                  onChange={(event) => put({ value: event.target.value })}
                />
              )
            )}
          </div>
        </>
      )}
    </EditableRows>
  )
}
