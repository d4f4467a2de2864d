/** Renders inside a cache, a router and a session, as the pages are. */
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query'
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from '@tanstack/react-router'
import { render, screen } from '@testing-library/react'
import type { ReactElement } from 'react'
import { keys } from '@/api/keys'
import { makeQueryClient } from '@/api/query-client'
import { fromAnswer, setSession } from '@/api/session'
import type { Me } from '@/api/types'
import { me as owner, sessionOut } from './data'

interface Options {
  me?: Me
  client?: QueryClient
  /** Where the browser is, search included. */
  path?: string
}

export function testClient(me: Me = owner): QueryClient {
  const client = makeQueryClient()
  client.setDefaultOptions({ queries: { ...client.getDefaultOptions().queries, retry: false } })
  client.setQueryData(keys.me, me)
  return client
}

export async function renderPage(
  element: ReactElement,
  { me = owner, client = testClient(me), path: start = '/' }: Options = {},
) {
  setSession(fromAnswer(sessionOut('token-1')))
  const root = createRootRoute({
    component: () => (
      <>
        <div data-testid="page" />
        <Outlet />
      </>
    ),
  })
  const show = () => element
  const paths = [
    '/',
    '/inbox',
    '/inbox/$conversationId',
    '/channels',
    '/settings',
    '/usage',
    '/ledger',
    '/events',
    '/knowledge',
  ] as const
  const router = createRouter({
    routeTree: root.addChildren(
      paths.map((path) => createRoute({ getParentRoute: () => root, path, component: show })),
    ),
    history: createMemoryHistory({ initialEntries: [start] }),
  })
  const view = render(
    <QueryClientProvider client={client}>
      {/* biome-ignore lint/suspicious/noExplicitAny: this small router is not the app's registered one */}
      <RouterProvider router={router as any} />
    </QueryClientProvider>,
  )
  await screen.findByTestId('page')
  return { ...view, client, router }
}
