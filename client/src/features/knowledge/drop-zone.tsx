import { useQueryClient } from '@tanstack/react-query'
import { FileUp } from 'lucide-react'
import { type DragEvent, type ReactNode, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { cn } from '@/lib/cn'
import { Button } from '@/ui/button'
import { ACCEPT } from './formats'
import { addFiles } from './sender'

const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files')

/** Takes files that are dropped anywhere on what it holds, or chosen by its button. */
export function DropZone({ tag, children }: { tag: string | undefined; children: ReactNode }) {
  const { t } = useTranslation('knowledge')
  const client = useQueryClient()
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const take = (files: FileList | null) => addFiles(client, [...(files ?? [])], tag ? [tag] : [])
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra; the button does the same
    <div
      className="flex flex-col gap-6"
      onDragOver={(event) => {
        if (!hasFiles(event)) return
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false)
      }}
      onDrop={(event) => {
        if (!hasFiles(event)) return
        event.preventDefault()
        setOver(false)
        take(event.dataTransfer.files)
      }}
    >
      <div
        data-testid="drop-zone"
        className={cn(
          'flex flex-wrap items-center gap-x-4 gap-y-3 rounded-card border border-dashed border-line-strong p-4',
          over ? 'bg-brand-soft' : 'bg-surface',
        )}
      >
        <FileUp size={24} aria-hidden className="shrink-0 text-fg-muted max-md:hidden" />
        <div className="min-w-48 flex-1">
          <p className="font-medium">{over ? t('dropNow') : t('drop')}</p>
          <p className="text-sm text-fg-muted">{tag ? t('dropTagged', { tag }) : t('formats')}</p>
        </div>
        <Button onClick={() => input.current?.click()}>{t('chooseFiles')}</Button>
        <input
          ref={input}
          type="file"
          multiple
          accept={ACCEPT}
          tabIndex={-1}
          aria-label={t('chooseFiles')}
          className="hidden"
          data-testid="file-input"
          onChange={(event) => {
            take(event.target.files)
            // The same file may be chosen again.
            event.target.value = ''
          }}
        />
      </div>
      {children}
    </div>
  )
}
