import { useTranslation } from 'react-i18next'
import type { ToolServer } from '@/api/types'
import { Button } from '@/ui/button'
import { Notice } from '@/ui/notice'
import { Switch } from '@/ui/switch'
import { useChangeServer, useRefreshServer, useRemoveServer } from './mutations'
import { RemoveButton } from './remove-button'

export function ServerRow({ server, editable }: { server: ToolServer; editable: boolean }) {
  const { t } = useTranslation('tools')
  const change = useChangeServer(server.id)
  const refresh = useRefreshServer(server.id)
  const remove = useRemoveServer(server.id)
  const allowed = server.tools.filter((tool) => tool.allowed).map((tool) => tool.name)
  const allow = (name: string, on: boolean) =>
    change.mutate({ allowed: on ? [...allowed, name] : allowed.filter((other) => other !== name) })
  return (
    <li className="flex flex-col gap-3 py-3">
      <div className="flex flex-col gap-2 md:flex-row md:items-center">
        <div className="min-w-0 flex-1">
          <p className="font-semibold break-all">{server.name}</p>
          <p className="text-sm break-all text-fg-muted">{server.url}</p>
        </div>
        {editable && (
          <div className="flex flex-wrap gap-2">
            <Button
              variant="secondary"
              busy={refresh.isPending}
              onClick={() => refresh.mutate()}
              aria-label={t('servers.refreshNamed', { name: server.name })}
            >
              {t('servers.refresh')}
            </Button>
            <RemoveButton name={server.name} busy={remove.isPending} onRemove={() => remove.mutate()} />
          </div>
        )}
      </div>
      {server.error && <Notice tone="warn">{t(`servers.error.${server.error as 'unreachable'}`)}</Notice>}
      {server.tools.length === 0 && !server.error && <p className="text-fg-muted">{t('servers.noTools')}</p>}
      <ul className="flex flex-col gap-1 empty:hidden">
        {server.tools.map((tool) => (
          <li key={tool.name}>
            <Switch
              label={tool.name}
              hint={tool.tool === null ? t('servers.unusable') : tool.changed ? t('servers.changed') : tool.description}
              checked={tool.allowed}
              disabled={!editable || tool.tool === null || change.isPending}
              onChange={(on) => allow(tool.name, on)}
            />
          </li>
        ))}
      </ul>
    </li>
  )
}
