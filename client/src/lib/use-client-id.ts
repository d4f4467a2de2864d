import { useRef } from 'react'

/** The same id for as long as the same is said: what is asked for again after a lost answer is not said twice. */
export function useClientId(): (said: unknown) => string {
  const last = useRef({ said: '', id: '' })
  return (said) => {
    const now = JSON.stringify(said)
    if (now !== last.current.said) last.current = { said: now, id: crypto.randomUUID() }
    return last.current.id
  }
}
