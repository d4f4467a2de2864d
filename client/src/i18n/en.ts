/** What every page needs, the login page too; the rest is in `later.ts`. */
import errors from './en/errors.json'
import shell from './en/shell.json'
import ui from './en/ui.json'

export default { errors, shell, ui }
