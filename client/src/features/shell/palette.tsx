import { useNavigate } from '@tanstack/react-router'
import { Command } from 'cmdk'
import { ListChecks, LogOut, Monitor, Moon, Sun } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import { useTranslation } from 'react-i18next'
import { useShortcuts } from '@/lib/shortcuts'
import { setTheme } from '@/lib/theme'
import { Keys } from './keys'
import { useNavItems } from './nav-items'

interface Props {
  onClose: () => void
  onSheet: () => void
  onLogout: () => void
}

const itemClass =
  'flex min-h-11 cursor-pointer items-center gap-3 rounded-control px-3 data-[selected=true]:bg-surface-2 md:min-h-9'
const THEMES = [
  { id: 'light', label: 'themeLight', icon: Sun },
  { id: 'dark', label: 'themeDark', icon: Moon },
  { id: 'system', label: 'themeSystem', icon: Monitor },
] as const
/** Navigation has its own group, and the palette cannot open itself. */
const ELSEWHERE = new Set(['palette', 'sheet', 'go-inbox', 'go-assistant', 'go-channels', 'go-settings'])

export default function Palette({ onClose, onSheet, onLogout }: Props) {
  const { t } = useTranslation('shell')
  const items = useNavItems()
  const navigate = useNavigate()
  const actions = useShortcuts().filter((shortcut) => !ELSEWHERE.has(shortcut.id))
  const then = (work: () => void) => () => {
    onClose()
    work()
  }
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="appear fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          aria-describedby={undefined}
          className="appear fixed inset-x-4 top-[12vh] z-50 mx-auto max-w-lg overflow-hidden rounded-card border bg-surface shadow-xl"
        >
          <Radix.Title className="sr-only">{t('palette')}</Radix.Title>
          <Command label={t('palette')} loop>
            <Command.Input
              placeholder={t('search')}
              className="h-12 w-full border-b bg-transparent px-4 outline-none placeholder:text-fg-muted"
            />
            <Command.List className="max-h-80 overflow-y-auto p-2 [&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-sm [&_[cmdk-group-heading]]:text-fg-muted">
              <Command.Empty className="px-3 py-6 text-center text-fg-muted">{t('paletteEmpty')}</Command.Empty>
              <Command.Group heading={t('goTo')}>
                {items.map(({ to, label, icon: Icon }) => (
                  <Command.Item key={to} className={itemClass} onSelect={then(() => void navigate({ to }))}>
                    <Icon size={16} aria-hidden className="text-fg-muted" />
                    {t(label)}
                  </Command.Item>
                ))}
                <Command.Item className={itemClass} onSelect={then(() => void navigate({ to: '/first-steps' }))}>
                  <ListChecks size={16} aria-hidden className="text-fg-muted" />
                  {t('firstSteps')}
                </Command.Item>
              </Command.Group>
              <Command.Group heading={t('actions')}>
                {actions.map((shortcut) => (
                  <Command.Item key={shortcut.id} className={itemClass} onSelect={then(shortcut.run)}>
                    <span className="flex-1">{t(`shortcut.${shortcut.id}`)}</span>
                    <Keys keys={shortcut.keys} />
                  </Command.Item>
                ))}
                {THEMES.map(({ id, label, icon: Icon }) => (
                  <Command.Item key={id} className={itemClass} onSelect={then(() => setTheme(id))}>
                    <Icon size={16} aria-hidden className="text-fg-muted" />
                    {t(label)}
                  </Command.Item>
                ))}
                <Command.Item className={itemClass} onSelect={onSheet}>
                  <span className="flex-1">{t('shortcuts')}</span>
                  <Keys keys="?" />
                </Command.Item>
                <Command.Item className={itemClass} onSelect={then(onLogout)}>
                  <LogOut size={16} aria-hidden className="text-fg-muted" />
                  {t('logout')}
                </Command.Item>
              </Command.Group>
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
