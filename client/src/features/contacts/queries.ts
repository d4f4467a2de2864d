import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, unwrap } from '@/api/client'
import { type ContactFilters, keys } from '@/api/keys'
import { PAGES, pageOf } from '@/api/pages'

const FRESH = 5_000

/** The filters as the server knows them. */
export const asked = ({ q, tag, out }: ContactFilters) => ({
  ...(q ? { q } : {}),
  ...(tag ? { tag } : {}),
  ...(out ? { opted_out: out === 'yes' ? ('true' as const) : ('false' as const) } : {}),
})

export const contactsQuery = (filters: ContactFilters) =>
  infiniteQueryOptions({
    queryKey: keys.contactList(filters),
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v1/contacts', {
          params: { query: { ...asked(filters), ...pageOf(pageParam) } },
          signal,
        }),
      ),
    ...PAGES,
    staleTime: FRESH,
  })

export const contactQuery = (id: string) =>
  queryOptions({
    queryKey: keys.contact(id),
    queryFn: () => unwrap(api.GET('/api/v1/contacts/{contact_id}', { params: { path: { contact_id: id } } })),
  })
