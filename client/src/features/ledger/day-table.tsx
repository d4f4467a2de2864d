import { ChevronDown, ChevronRight } from 'lucide-react'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { CLASSES } from '@/lib/event-words'
import { useFormat } from '@/lib/use-format'
import { IconButton } from '@/ui/icon-button'
import { amountOf, differenceOf, reasonsOf } from './balance'
import { Cell } from './cell'
import { Closes } from './closes'
import { Reasons } from './reasons'
import type { PlacedItem } from './use-placed'

export function DayTable({ items }: { items: PlacedItem[] }) {
  const { t } = useTranslation('ledger')
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area has to be reachable by keyboard
    <section aria-label={t('byDay')} tabIndex={0} className="-mx-1 overflow-x-auto px-1">
      <table className="w-full text-left tabular-nums">
        <thead className="text-sm text-fg-muted">
          <tr className="border-b">
            <th scope="col" className="h-11 pr-3 font-medium">
              {t('day')}
            </th>
            <th scope="col" className="pr-3 font-medium">
              {t('channel')}
            </th>
            <th scope="col" className="pr-3 text-right font-medium">
              {t('received')}
            </th>
            {CLASSES.map((each) => (
              <th key={each} scope="col" className="pr-3 text-right font-medium">
                {t(`class.${each}`)}
              </th>
            ))}
            <th scope="col" className="text-right font-medium">
              {t('check')}
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((each) => (
            <DayRow key={each.item.day + each.item.channel_id} {...each} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function DayRow({ item, place }: PlacedItem) {
  const { t } = useTranslation('ledger')
  const format = useFormat()
  const [open, setOpen] = useState(false)
  const id = useId()
  const Icon = open ? ChevronDown : ChevronRight
  return (
    <>
      <tr className="border-b">
        <th scope="row" className="h-11 pr-3 font-medium whitespace-nowrap">
          {place.when}
        </th>
        <td className="max-w-48 truncate pr-3">{place.channel}</td>
        <td className="pr-3 text-right font-medium">{format.number(item.received)}</td>
        {CLASSES.map((each) => (
          <td key={each} className="pr-3 text-right whitespace-nowrap">
            {each === 'ignored' && reasonsOf(item).length > 0 && (
              <IconButton
                label={t('reasonsOf', { day: place.when, channel: place.channel })}
                aria-expanded={open}
                aria-controls={id}
                onClick={() => setOpen(!open)}
                className="size-8! align-middle"
              >
                <Icon size={14} aria-hidden />
              </IconButton>
            )}
            <Cell count={amountOf(item, each)} of={each} place={place} />
          </td>
        ))}
        <td className="text-right">
          <Closes brief difference={differenceOf(item)} />
        </td>
      </tr>
      <tr id={id} hidden={!open} className="border-b bg-surface-2">
        <td colSpan={CLASSES.length + 4} className="px-4 py-2">
          {open && <Reasons sums={item} place={place} />}
        </td>
      </tr>
    </>
  )
}
