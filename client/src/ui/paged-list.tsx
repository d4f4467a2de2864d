import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ErrorState } from './error-state'
import { Loading } from './loading'
import { More } from './more'

interface Props<Item> {
  query: UseInfiniteQueryResult<InfiniteData<{ items: Item[] }>>
  label: string
  empty: ReactNode
  /** Rows of the waiting form. */
  rows?: number
  children: (item: Item) => ReactNode
}

/** A list read page by page: what waits, what failed, nothing, or its rows and more of them. */
export function PagedList<Item>({ query, label, empty, rows = 2, children }: Props<Item>) {
  const items = query.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      {query.isPending && <Loading rows={rows} />}
      {query.isError && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && items.length === 0 && <div className="rounded-card border bg-surface">{empty}</div>}
      {items.length > 0 && (
        <ul aria-label={label} className="divide-y overflow-hidden rounded-card border bg-surface">
          {items.map((item) => children(item))}
        </ul>
      )}
      {query.hasNextPage && (
        <div className="flex justify-center">
          <More query={query} />
        </div>
      )}
    </>
  )
}
