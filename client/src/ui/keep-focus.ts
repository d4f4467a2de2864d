import type { MouseEvent } from 'react'

/** For `onMouseDown`: a phone's bottom bar comes back when a field loses the focus, and would lift what is pressed from
 * under the finger. */
export const keepFocus = (event: MouseEvent) => event.preventDefault()
