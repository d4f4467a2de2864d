/** Preferences of this browser and drafts of this tab. Storage may be forbidden; then nothing is kept, and nothing fails. */
function guarded<T>(work: () => T, fallback: T): T {
  try {
    return work()
  } catch {
    return fallback
  }
}

export const preference = {
  get: (key: string): string | null => guarded(() => localStorage.getItem(key), null),
  set: (key: string, value: string): void => guarded(() => localStorage.setItem(key, value), undefined),
}

const DRAFT = 'evo-draft:'

export const drafts = {
  get: (id: string): string => guarded(() => sessionStorage.getItem(DRAFT + id) ?? '', ''),
  set: (id: string, text: string): void =>
    guarded(() => {
      if (text) sessionStorage.setItem(DRAFT + id, text)
      else sessionStorage.removeItem(DRAFT + id)
    }, undefined),
  clear: (): void =>
    guarded(() => {
      for (const key of Object.keys(sessionStorage)) if (key.startsWith('evo-')) sessionStorage.removeItem(key)
    }, undefined),
}

export const tabStore = {
  get: (key: string): string | null => guarded(() => sessionStorage.getItem(key), null),
  set: (key: string, value: string): void => guarded(() => sessionStorage.setItem(key, value), undefined),
}
