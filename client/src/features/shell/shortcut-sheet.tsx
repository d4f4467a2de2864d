import { useTranslation } from 'react-i18next'
import { useShortcuts, useSingleKeys } from '@/lib/shortcuts'
import { Dialog } from '@/ui/dialog'
import { Notice } from '@/ui/notice'
import { Keys } from './keys'

export default function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('shell')
  const shortcuts = useShortcuts()
  const singleKeys = useSingleKeys()
  return (
    <Dialog open onClose={onClose} title={t('shortcuts')}>
      {!singleKeys && <Notice tone="info">{t('singleKeysOff')}</Notice>}
      <dl className="divide-y">
        {shortcuts.map((shortcut) => (
          <div key={shortcut.id} className="flex items-center justify-between gap-4 py-2">
            <dt>{t(`shortcut.${shortcut.id}`)}</dt>
            <dd>
              <Keys keys={shortcut.keys} />
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
