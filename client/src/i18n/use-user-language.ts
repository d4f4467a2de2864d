/** The screen follows the language that the user keeps in the profile. */
import { useEffect } from 'react'
import { useSession } from '@/api/session'
import { isLanguage, setLanguage } from './index'

export function useUserLanguage(): void {
  const language = useSession()?.user.language
  useEffect(() => {
    if (isLanguage(language)) void setLanguage(language)
  }, [language])
}
