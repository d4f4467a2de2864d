/** What every page needs, the login page too. */
import auth from './en/auth.json'
import errors from './en/errors.json'
import shell from './en/shell.json'
import ui from './en/ui.json'

export default { auth, errors, shell, ui }
