/** What only the pages behind the login need: loaded with the first of them. */
import assistant from './pt-BR/assistant.json'
import billing from './pt-BR/billing.json'
import channels from './pt-BR/channels.json'
import inbox from './pt-BR/inbox.json'
import onboarding from './pt-BR/onboarding.json'
import settings from './pt-BR/settings.json'

export default { assistant, billing, channels, inbox, onboarding, settings }
