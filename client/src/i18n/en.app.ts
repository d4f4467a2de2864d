/** What only the pages behind the login need: loaded with the first of them. */
import assistant from './en/assistant.json'
import billing from './en/billing.json'
import channels from './en/channels.json'
import inbox from './en/inbox.json'
import onboarding from './en/onboarding.json'
import settings from './en/settings.json'

export default { assistant, billing, channels, inbox, onboarding, settings }
