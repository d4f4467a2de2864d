/** Messages that are no words and no file: places, cards, polls, lists and buttons. */
import { ChartBarBig, Contact, List, MapPin, MousePointerClick } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Message } from '@/api/types'
import { phone as shownPhone } from '@/lib/format'

type Extra = Record<string, unknown>

const extraOf = (message: Message): Extra => (message.extra ?? {}) as Extra
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const objectOf = (value: unknown): Extra => (typeof value === 'object' && value !== null ? (value as Extra) : {})
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
const numberOf = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null)

export function Labelled({ icon, label, children }: { icon: ReactNode; label: string; children?: ReactNode }) {
  return (
    <div>
      <p className="flex items-center gap-1.5 text-fg-muted italic">
        {icon}
        {label}
      </p>
      {children && <div className="break-words whitespace-pre-wrap">{children}</div>}
    </div>
  )
}

export function LocationBody({ message }: { message: Message }) {
  const { t } = useTranslation('inbox')
  const extra = extraOf(message)
  const latitude = numberOf(extra.latitude)
  const longitude = numberOf(extra.longitude)
  const lines = [textOf(extra.name), textOf(extra.address), message.text].filter(Boolean)
  return (
    <Labelled icon={<MapPin size={16} aria-hidden />} label={extra.live ? t('liveLocation') : t('location')}>
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
      {latitude !== null && longitude !== null && (
        <a
          href={`https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=17/${latitude}/${longitude}`}
          target="_blank"
          rel="noopener noreferrer"
          className="inline-block min-h-6 text-info underline"
        >
          {t('openMap')}
        </a>
      )}
    </Labelled>
  )
}

export function CardsBody({ message }: { message: Message }) {
  const { t } = useTranslation('inbox')
  const cards = listOf(extraOf(message).contacts).map(objectOf)
  return (
    <Labelled icon={<Contact size={16} aria-hidden />} label={t('contactCard')}>
      {cards.length === 0
        ? message.text
        : cards.map((card) => {
            const phones = listOf(card.phones)
              .map(textOf)
              .filter((phone) => phone !== null)
            const name = textOf(card.name) ?? phones[0] ?? t('contactCard')
            return (
              <div key={[name, ...phones].join()} className="mt-1 rounded-control border bg-surface px-3 py-2">
                <p className="font-medium">{name}</p>
                {phones.map((phone) => (
                  <a
                    key={phone}
                    href={`tel:${phone.replace(/[^\d+]/g, '')}`}
                    className="block min-h-6 text-info underline"
                  >
                    {/^\+\d{10,}$/.test(phone) ? shownPhone(phone) : phone}
                  </a>
                ))}
              </div>
            )
          })}
    </Labelled>
  )
}

export function PollBody({ message }: { message: Message }) {
  const { t } = useTranslation('inbox')
  const extra = extraOf(message)
  const options = listOf(extra.options)
    .map(textOf)
    .filter((option) => option !== null)
  const votes = objectOf(extra.votes)
  const most = Math.max(1, ...Object.values(votes).map((count) => numberOf(count) ?? 0))
  return (
    <Labelled icon={<ChartBarBig size={16} aria-hidden />} label={t('poll.title')}>
      <p className="font-medium">{message.text}</p>
      <ul className="mt-1 flex flex-col gap-1.5">
        {options.map((option) => {
          const count = numberOf(votes[option]) ?? 0
          return (
            <li key={option}>
              <p className="flex justify-between gap-3">
                <span>{option}</span>
                <span className="text-fg-muted tabular-nums">{t('poll.votes', { count })}</span>
              </p>
              <div aria-hidden className="h-1.5 rounded-full bg-surface-2">
                <div className="h-full rounded-full bg-brand" style={{ width: `${(100 * count) / most}%` }} />
              </div>
            </li>
          )
        })}
      </ul>
    </Labelled>
  )
}

/** A question with buttons or a list, or the contact's choice among them. */
export function InteractiveBody({ message, text }: { message: Message; text: ReactNode }) {
  const { t } = useTranslation('inbox')
  const extra = extraOf(message)
  const buttons = listOf(extra.buttons).map((button) => textOf(objectOf(button).title))
  const sections = listOf(extra.sections).map(objectOf)
  const rows = sections.flatMap((section) => listOf(section.rows).map(objectOf))
  if (buttons.length === 0 && rows.length === 0)
    return (
      <Labelled icon={<MousePointerClick size={16} aria-hidden />} label={t('choice')}>
        {text}
      </Labelled>
    )
  const titles = buttons.length > 0 ? buttons : rows.map((row) => textOf(row.title))
  const shown = titles.filter((title) => title !== null)
  return (
    <Labelled icon={<List size={16} aria-hidden />} label={buttons.length > 0 ? t('asked.buttons') : t('asked.list')}>
      {textOf(extra.header) && <p className="font-medium">{textOf(extra.header)}</p>}
      <p>{text}</p>
      <ul aria-label={t('asked.options')} className="mt-1.5 flex flex-col gap-1">
        {shown.map((title) => (
          <li
            key={title}
            className="rounded-control border border-line-strong bg-surface px-3 py-1 text-center text-sm"
          >
            {title}
          </li>
        ))}
      </ul>
      {textOf(extra.footer) && <p className="mt-1 text-xs text-fg-muted">{textOf(extra.footer)}</p>}
    </Labelled>
  )
}
