import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown } from 'lucide-react'
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Message } from '@/api/types'
import { MessageRow } from './message-row'
import type { Row } from './rows'

const NEAR_END = 80
const LOAD_WITHIN = 6

interface Props {
  rows: Row[]
  contactName: string
  hasOlder: boolean
  loadingOlder: boolean
  onOlder: () => void
  onWhy: (message: Message) => void
}

/** The virtualised thread: held at its end while the reader is there, and still when older pages come in above. */
export function MessageList({ rows, contactName, hasOlder, loadingOlder, onOlder, onWhy }: Props) {
  const { t } = useTranslation('inbox')
  const scroller = useRef<HTMLDivElement>(null)
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 76,
    getItemKey: useCallback((index: number) => rows[index]?.key ?? index, [rows]),
    overscan: 5,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: NEAR_END,
    paddingEnd: 12,
  })

  const started = useRef(false)
  useLayoutEffect(() => {
    if (started.current || rows.length === 0) return
    started.current = true
    virtualizer.scrollToEnd()
  }, [rows.length, virtualizer])

  const items = virtualizer.getVirtualItems()
  const first = items[0]?.index ?? 0
  useEffect(() => {
    if (started.current && hasOlder && !loadingOlder && rows.length > 0 && first < LOAD_WITHIN) onOlder()
  }, [first, hasOlder, loadingOlder, rows.length, onOlder])

  const { atEnd, fresh, onScroll } = useFreshBelow(rows, scroller)
  const last = rows.at(-1)
  useEffect(() => {
    // Whoever writes wants to see what was written.
    if (last?.message.id.startsWith('local:')) virtualizer.scrollToEnd()
  }, [last?.message.id, virtualizer])

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label={t('thread', { name: contactName })}
        aria-busy={loadingOlder}
        data-testid="thread"
        onScroll={onScroll}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area has to be reachable by keyboard
        tabIndex={0}
        className="h-full overflow-y-auto px-3 -outline-offset-2! [overflow-anchor:none] md:px-4"
      >
        <p className="h-8 pt-2 text-center text-xs text-fg-muted">
          {loadingOlder ? t('older') : hasOlder ? '' : t('start')}
        </p>
        <div className="relative w-full" style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index]
            return row ? (
              <div
                key={item.key}
                ref={virtualizer.measureElement}
                data-index={item.index}
                className="absolute top-0 left-0 w-full"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <MessageRow
                  row={row}
                  contactName={contactName}
                  position={item.index + 1}
                  total={hasOlder ? -1 : rows.length}
                  onWhy={onWhy}
                />
              </div>
            ) : null
          })}
        </div>
      </div>
      {!atEnd && (
        <button
          type="button"
          onClick={() => virtualizer.scrollToEnd({ behavior: 'smooth' })}
          className="appear absolute bottom-3 left-1/2 inline-flex h-11 -translate-x-1/2 items-center gap-1.5 rounded-full border border-line-strong bg-surface px-4 font-medium shadow-lg md:h-9"
        >
          <ArrowDown size={16} aria-hidden />
          {fresh > 0 ? t('newBelow', { count: fresh }) : <span className="sr-only">{t('toEnd')}</span>}
        </button>
      )}
    </div>
  )
}

/** Whether the reader stands at the end, and how many messages came in below since. */
function useFreshBelow(rows: Row[], scroller: React.RefObject<HTMLDivElement | null>) {
  const [atEnd, setAtEnd] = useState(true)
  const [leftAt, setLeftAt] = useState<string | null>(null)
  const newest = rows.at(-1)?.key ?? null
  const onScroll = () => {
    const box = scroller.current
    if (!box) return
    const now = box.scrollHeight - box.scrollTop - box.clientHeight <= NEAR_END
    if (now === atEnd) return
    setAtEnd(now)
    setLeftAt(now ? null : newest)
  }
  const from = leftAt ? rows.findIndex((row) => row.key === leftAt) : -1
  const fresh = from < 0 ? 0 : rows.slice(from + 1).filter((row) => row.message.direction === 'in').length
  return { atEnd, fresh, onScroll }
}
