/** The API of the unit tests: each test says what it answers, and a call that nobody expected fails. */
import { setupServer } from 'msw/node'

export const server = setupServer()

/** An address of the API as the client under test builds it. */
export const at = (path: string): string => `${window.location.origin}/api/v1${path}`
