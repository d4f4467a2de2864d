import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Tool } from '@/api/types'
import { useCan } from '@/lib/use-me'
import { Button } from '@/ui/button'
import { Card } from '@/ui/card'
import { ErrorState } from '@/ui/error-state'
import { Loading } from '@/ui/loading'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'
import { toolServersQuery, toolsQuery } from './queries'
import { ServerRow } from './server-row'
import { ToolRow } from './tool-row'

const ToolForm = lazy(() => import('./tool-form'))
const TryTool = lazy(() => import('./try-tool'))
const ServerForm = lazy(() => import('./server-form'))

type Opened = { form: Tool | 'new' } | { trial: Tool } | 'server' | null

export function ToolsPage() {
  const { t } = useTranslation(['tools', 'ui'])
  const allowed = useCan('assistants:write')
  const tools = useQuery(toolsQuery())
  const servers = useQuery(toolServersQuery())
  const [opened, setOpened] = useState<Opened>(null)
  const close = () => setOpened(null)
  return (
    <Page title={t('title')} detail={t('detail')}>
      {!allowed && <Notice tone="info">{t('ui:noPermission')}</Notice>}
      <Card
        title={t('http.title')}
        detail={t('http.detail')}
        aside={
          allowed && (
            <Button onClick={() => setOpened({ form: 'new' })}>
              <Plus size={16} aria-hidden />
              {t('http.add')}
            </Button>
          )
        }
      >
        {tools.isPending && <Loading rows={2} />}
        {tools.isError && <ErrorState error={tools.error} onRetry={() => void tools.refetch()} />}
        {tools.data?.length === 0 && <p className="text-fg-muted">{t('http.none')}</p>}
        <ul className="flex flex-col divide-y empty:hidden">
          {(tools.data ?? []).map((tool) => (
            <ToolRow
              key={tool.id}
              tool={tool}
              editable={allowed}
              onEdit={() => setOpened({ form: tool })}
              onTry={() => setOpened({ trial: tool })}
            />
          ))}
        </ul>
      </Card>
      <Card
        title={t('servers.title')}
        detail={t('servers.detail')}
        aside={
          allowed && (
            <Button onClick={() => setOpened('server')}>
              <Plus size={16} aria-hidden />
              {t('servers.add')}
            </Button>
          )
        }
      >
        {servers.isPending && <Loading rows={2} />}
        {servers.isError && <ErrorState error={servers.error} onRetry={() => void servers.refetch()} />}
        {servers.data?.length === 0 && <p className="text-fg-muted">{t('servers.none')}</p>}
        <ul className="flex flex-col divide-y empty:hidden">
          {(servers.data ?? []).map((server) => (
            <ServerRow key={server.id} server={server} editable={allowed} />
          ))}
        </ul>
      </Card>
      <Suspense>
        {opened === 'server' && <ServerForm onClose={close} />}
        {opened !== null && opened !== 'server' && 'form' in opened && (
          <ToolForm tool={opened.form === 'new' ? null : opened.form} onClose={close} />
        )}
        {opened !== null && opened !== 'server' && 'trial' in opened && <TryTool tool={opened.trial} onClose={close} />}
      </Suspense>
    </Page>
  )
}
