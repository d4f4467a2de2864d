import { useTranslation } from 'react-i18next'
import type { Tool } from '@/api/types'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { useRemoveTool } from './mutations'
import { RemoveButton } from './remove-button'

interface Props {
  tool: Tool
  editable: boolean
  onEdit: () => void
  onTry: () => void
}

export function ToolRow({ tool, editable, onEdit, onTry }: Props) {
  const { t } = useTranslation('tools')
  const remove = useRemoveTool(tool.id)
  return (
    <li className="flex flex-col gap-2 py-3 md:flex-row md:items-center">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2">
          <code className="font-semibold break-all">{tool.name}</code>
          <Badge tone={tool.effect === 'writes' ? 'warn' : 'neutral'}>{t(`effect.${tool.effect}`)}</Badge>
          {!tool.enabled && <Badge>{t('off')}</Badge>}
        </p>
        <p className="text-sm text-fg-muted">{tool.description}</p>
        <p className="text-sm break-all text-fg-muted">
          {tool.method} {tool.url}
        </p>
      </div>
      {editable && (
        <div className="flex flex-wrap gap-2">
          <Button variant="secondary" onClick={onTry} aria-label={t('tryNamed', { name: tool.name })}>
            {t('try')}
          </Button>
          <Button variant="secondary" onClick={onEdit} aria-label={t('editNamed', { name: tool.name })}>
            {t('edit')}
          </Button>
          <RemoveButton name={tool.name} busy={remove.isPending} onRemove={() => remove.mutate()} />
        </div>
      )}
    </li>
  )
}
