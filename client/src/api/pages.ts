/** What all lists have in common that are read page by page. */

export const pageOf = (cursor: string | null, limit = 50) => ({ limit, ...(cursor ? { cursor } : {}) })

export const PAGES = {
  initialPageParam: null as string | null,
  getNextPageParam: (page: { next_cursor: string | null }) => page.next_cursor,
}
