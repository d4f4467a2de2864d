/** What every page needs, the login page too. */
import auth from './pt-BR/auth.json'
import errors from './pt-BR/errors.json'
import shell from './pt-BR/shell.json'
import ui from './pt-BR/ui.json'

export default { auth, errors, shell, ui }
