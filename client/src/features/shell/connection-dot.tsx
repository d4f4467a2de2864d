import { useTranslation } from 'react-i18next'
import { useConnection } from '@/lib/realtime/live'

/** Says in one point whether live events arrive; its shape differs too, not its colour alone. */
export function ConnectionDot() {
  const { t } = useTranslation('shell')
  const { state } = useConnection()
  const label = t(`connection.${state}`)
  return (
    <span role="img" aria-label={label} title={label} data-state={state} className="inline-flex size-2.5 shrink-0">
      <span
        className={`size-full rounded-full ${state === 'open' ? 'bg-ok' : 'border-2 border-warn bg-transparent'}`}
      />
    </span>
  )
}
