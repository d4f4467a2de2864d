/** What every page needs, the login page too; the rest is in `later.ts`. */
import errors from './pt-BR/errors.json'
import shell from './pt-BR/shell.json'
import ui from './pt-BR/ui.json'

export default { errors, shell, ui }
