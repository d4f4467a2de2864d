/** The router over the generated tree: preloads on intent, and keeps the navigation when a page fails. */
import { createRouter } from '@tanstack/react-router'
import { makeQueryClient } from '@/api/query-client'
import { CrashPage } from '@/features/shell/crash-page'
import { NotFoundPage } from '@/features/shell/not-found-page'
import { PendingPage } from '@/features/shell/pending-page'
import { routeTree } from './routeTree.gen'

export const queryClient = makeQueryClient()

export const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultErrorComponent: CrashPage,
  defaultNotFoundComponent: NotFoundPage,
  defaultPendingComponent: PendingPage,
  defaultPendingMs: 150,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
