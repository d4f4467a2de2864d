import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { LedgerSums } from '@/api/types'
import { CLASSES } from '@/lib/event-words'
import { useFormat } from '@/lib/use-format'
import { Card } from '@/ui/card'
import { Notice } from '@/ui/notice'
import { amountOf, differenceOf } from './balance'
import { Cell, type Place } from './cell'
import { Closes } from './closes'

/** Both sides in full, so that anybody can add them up. */
export function Equation({ totals, place }: { totals: LedgerSums; place: Place | null }) {
  const { t } = useTranslation(['ledger', 'events'])
  const format = useFormat()
  const difference = differenceOf(totals)
  return (
    <Card title={t('equation')} aside={<Closes difference={difference} />}>
      <div className="flex flex-col gap-3 md:flex-row md:flex-wrap md:items-end">
        <Side label={t('received')} strong>
          {format.number(totals.received)}
        </Side>
        {CLASSES.map((each, index) => (
          <div key={each} className="flex items-baseline gap-3 md:items-end">
            <Sign sign={index === 0 ? '=' : '+'} words={index === 0 ? t('equals') : t('plus')} />
            <Side label={t(`class.${each}`)}>
              <Cell count={amountOf(totals, each)} of={each} place={place} />
            </Side>
          </div>
        ))}
      </div>
      {difference !== 0 && (
        <Notice tone="danger" className="mt-4">
          {t('differsDetail')}
        </Notice>
      )}
      <details className="mt-4">
        <summary className="min-h-6 text-sm font-medium text-fg-muted">{t('whatTheyMean')}</summary>
        <dl className="mt-2 grid gap-x-6 gap-y-2 text-sm md:grid-cols-2">
          {CLASSES.map((each) => (
            <div key={each}>
              <dt className="font-medium">{t(`class.${each}`)}</dt>
              <dd className="text-fg-muted">{t(`events:classDetail.${each}`)}</dd>
            </div>
          ))}
        </dl>
      </details>
    </Card>
  )
}

function Sign({ sign, words }: { sign: string; words: string }) {
  return (
    <span className="w-4 text-center text-lg text-fg-muted">
      <span aria-hidden>{sign}</span>
      <span className="sr-only">{words}</span>
    </span>
  )
}

function Side({ label, strong, children }: { label: string; strong?: boolean; children: ReactNode }) {
  return (
    <div className="flex flex-1 items-baseline justify-between gap-3 md:block md:flex-none">
      <p className="text-sm text-fg-muted">{label}</p>
      <p className={`tabular-nums ${strong ? 'text-xl font-semibold' : 'text-lg font-medium'}`}>{children}</p>
    </div>
  )
}
