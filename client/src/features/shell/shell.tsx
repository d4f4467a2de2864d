import { Outlet, useNavigate } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useShortcut, useShortcutHandler } from '@/lib/shortcuts'
import { useUploads } from '@/lib/uploads'
import { BottomBar } from './bottom-bar'
import { ConnectionBar } from './connection-bar'
import { NumberBanner } from './number-banner'
import { QuotaBanner } from './quota-banner'
import { SideNav } from './side-nav'
import type { Progress } from './types'

// Without it everything works, so that its own absence must not be what breaks the page.
const NewVersion = lazy(() => import('./new-version').catch(() => ({ default: () => <></> })))
const Palette = lazy(() => import('./palette'))
const UploadTray = lazy(() => import('./upload-tray'))
const ShortcutSheet = lazy(() => import('./shortcut-sheet'))

interface Props {
  /** How far the first steps are; null when there is nothing to show. */
  progress: Progress | null
  /** What has to stand above every page, such as the dialog of an expired session. */
  overlay: ReactNode
  onLogout: () => void
}

export function Shell({ progress, overlay, onLogout }: Props) {
  const { t } = useTranslation('shell')
  const navigate = useNavigate()
  const [layer, setLayer] = useState<'palette' | 'sheet' | null>(null)
  const uploading = useUploads().length > 0
  useShortcutHandler()
  useShortcut('palette', 'mod+k', () => setLayer('palette'))
  useShortcut('sheet', '?', () => setLayer('sheet'))
  useShortcut('go-inbox', 'g i', () => void navigate({ to: '/inbox' }))
  useShortcut('go-assistant', 'g a', () => void navigate({ to: '/assistant' }))
  useShortcut('go-knowledge', 'g k', () => void navigate({ to: '/knowledge' }))
  useShortcut('go-channels', 'g c', () => void navigate({ to: '/channels' }))
  useShortcut('go-settings', 'g s', () => void navigate({ to: '/settings' }))
  return (
    <div className="app-shell flex h-dvh flex-col md:flex-row">
      <a
        href="#content"
        className="sr-only z-50 rounded-control bg-brand px-3 py-2 text-brand-fg focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
      >
        {t('skip')}
      </a>
      <SideNav progress={progress} onSearch={() => setLayer('palette')} onLogout={onLogout} />
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <ConnectionBar />
        <QuotaBanner />
        <NumberBanner />
        <Suspense>
          <NewVersion />
          {uploading && <UploadTray />}
        </Suspense>
        <main id="content" tabIndex={-1} className="min-h-0 flex-1 outline-none">
          <Outlet />
        </main>
      </div>
      <BottomBar />
      <Suspense>
        {layer === 'palette' && (
          <Palette onClose={() => setLayer(null)} onSheet={() => setLayer('sheet')} onLogout={onLogout} />
        )}
        {layer === 'sheet' && <ShortcutSheet onClose={() => setLayer(null)} />}
      </Suspense>
      {overlay}
    </div>
  )
}
