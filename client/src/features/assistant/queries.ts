import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { keys } from '@/api/keys'
import { PAGES, pageOf } from '@/api/pages'
import { isRunning } from './run-progress'

/** Only in case no live event tells. */
const ASK_EVERY = 15_000

const pathOf = (id: string) => ({ path: { assistant_id: id } })

export const versionsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.versions(id),
    queryFn: ({ pageParam }) =>
      unwrap(
        api.GET('/api/v1/assistants/{assistant_id}/versions', {
          params: { ...pathOf(id), query: pageOf(pageParam) },
        }),
      ),
    ...PAGES,
  })

/** From a version to the draft. */
export const diffQuery = (id: string, from: number) =>
  queryOptions({
    queryKey: keys.versionDiff(id, from),
    queryFn: () =>
      unwrap(
        api.GET('/api/v1/assistants/{assistant_id}/versions/{number}/diff', {
          params: { path: { assistant_id: id, number: from } },
        }),
      ),
    staleTime: 0,
  })

export const casesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.testCases(id),
    queryFn: ({ pageParam }) =>
      unwrap(
        api.GET('/api/v1/assistants/{assistant_id}/tests', { params: { ...pathOf(id), query: pageOf(pageParam) } }),
      ),
    ...PAGES,
  })

/** The newest runs. */
export const runsQuery = (id: string) =>
  queryOptions({
    queryKey: keys.testRuns(id),
    queryFn: async () =>
      (
        await unwrap(
          api.GET('/api/v1/assistants/{assistant_id}/test-runs', { params: { ...pathOf(id), query: { limit: 10 } } }),
        )
      ).items,
    staleTime: 0,
  })

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: keys.testRun(id),
    queryFn: () => unwrap(api.GET('/api/v1/test-runs/{run_id}', { params: { path: { run_id: id } } })),
    staleTime: 0,
    refetchInterval: ({ state: { data } }) => (data && isRunning(data) ? ASK_EVERY : false),
  })

export const estimateQuery = (id: string) =>
  queryOptions({
    queryKey: keys.testEstimate(id),
    queryFn: () => unwrap(api.GET('/api/v1/assistants/{assistant_id}/test-runs/estimate', { params: pathOf(id) })),
    staleTime: 0,
  })

/** Documents that an answer can cite. */
export const citableQuery = () =>
  queryOptions({
    queryKey: keys.citable,
    queryFn: async () =>
      (await unwrap(api.GET('/api/v1/documents', { params: { query: { state: 'ready', limit: 100 } } }))).items,
  })
