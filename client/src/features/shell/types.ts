/** What the shell is told by the routes. */
export interface Progress {
  done: number
  total: number
}
