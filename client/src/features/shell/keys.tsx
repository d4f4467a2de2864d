import { useTranslation } from 'react-i18next'

const NAMES: Record<string, string> = { mod: 'Ctrl', shift: 'Shift' }
const MAC_NAMES: Record<string, string> = { mod: '⌘', shift: '⇧' }

/** `mod+k` and `g i` as they stand on this keyboard. */
export function Keys({ keys }: { keys: string }) {
  const { t } = useTranslation('shell')
  const names = navigator.platform.startsWith('Mac') ? MAC_NAMES : NAMES
  const chords = keys.split(' ')
  return (
    <span className="flex items-center gap-1 text-xs text-fg-muted">
      {chords.map((chord, index) => (
        <span key={chord} className="flex items-center gap-1">
          {index > 0 && t('then')}
          {chord.split('+').map((key) => (
            <kbd key={key} className="min-w-5 rounded-control border px-1 py-0.5 text-center font-sans">
              {names[key] ?? key.toUpperCase()}
            </kbd>
          ))}
        </span>
      ))}
    </span>
  )
}
