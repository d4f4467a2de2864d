import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import type { Contact } from '@/api/types'

/** A contact whose name and phone nobody knows has to be called something. */
export function useContactName(): (contact: Pick<Contact, 'name'>) => string {
  const { t } = useTranslation('contacts')
  return useCallback((contact) => contact.name || t('nameless'), [t])
}

export const tagsIn = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map((tag) => tag.trim().slice(0, 40))
      .filter(Boolean),
  ),
]
