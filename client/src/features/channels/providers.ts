/** What each provider is asked for. The only place of the web app that goes by a provider's name. */
import * as z from 'zod/mini'

export type Provider = 'whatsapp_cloud' | 'evolution' | 'uazapi'

/** The official way first: it is the one that WhatsApp does not restrict. */
export const PROVIDERS: readonly Provider[] = ['whatsapp_cloud', 'evolution', 'uazapi']
export const UNOFFICIAL: readonly Provider[] = ['evolution', 'uazapi']

const name = z.string().check(z.trim(), z.minLength(1, 'required'), z.maxLength(80))
const secret = z.string().check(z.trim(), z.minLength(1, 'required'), z.maxLength(300))
const url = z.string().check(z.trim(), z.regex(/^https?:\/\/\S{3,}$/i, 'form.urlInvalid'), z.maxLength(300))
const metaId = z.string().check(z.trim(), z.regex(/^[0-9]{5,32}$/, 'form.metaIdInvalid'))
const long = (required: boolean) =>
  z.string().check(z.trim(), z.regex(required ? /^.{16,1000}$/ : /^(.{16,1000})?$/, 'form.tokenInvalid'))

export const SCHEMAS = {
  evolution: z.object({
    name,
    base_url: url,
    api_key: secret,
    instance_name: z.string().check(z.trim(), z.regex(/^([a-z0-9_-]{8,64})?$/, 'form.instanceInvalid')),
  }),
  uazapi: z
    .object({
      name,
      base_url: url,
      admin_token: z.string().check(z.trim(), z.maxLength(300)),
      instance_token: z.string().check(z.trim(), z.maxLength(300)),
    })
    .check(
      z.refine((given) => Boolean(given.admin_token || given.instance_token), {
        path: ['admin_token'],
        error: 'form.tokenNeeded',
      }),
    ),
  whatsapp_cloud: z.object({
    name,
    phone_number_id: metaId,
    waba_id: metaId,
    access_token: long(true),
    app_secret: long(false),
    verify_token: long(false),
  }),
}

type Label = Exclude<keyof typeof import('@/i18n/pt-BR/channels.json')['form'], 'about'>

export interface FieldSpec {
  name: string
  label: `form.${Label}`
  hint: `form.${Label}`
  type: 'text' | 'url' | 'password'
}

const NAME: FieldSpec = { name: 'name', label: 'form.name', hint: 'form.nameHint', type: 'text' }

export const FIELDS: Record<Provider, readonly FieldSpec[]> = {
  evolution: [
    NAME,
    { name: 'base_url', label: 'form.baseUrl', hint: 'form.baseUrlHint', type: 'url' },
    { name: 'api_key', label: 'form.apiKey', hint: 'form.apiKeyHint', type: 'password' },
    { name: 'instance_name', label: 'form.instance', hint: 'form.instanceHint', type: 'text' },
  ],
  uazapi: [
    NAME,
    { name: 'base_url', label: 'form.uazapiUrl', hint: 'form.uazapiUrlHint', type: 'url' },
    { name: 'admin_token', label: 'form.adminToken', hint: 'form.adminTokenHint', type: 'password' },
    { name: 'instance_token', label: 'form.instanceToken', hint: 'form.instanceTokenHint', type: 'password' },
  ],
  whatsapp_cloud: [
    NAME,
    { name: 'phone_number_id', label: 'form.phoneNumberId', hint: 'form.phoneNumberIdHint', type: 'text' },
    { name: 'waba_id', label: 'form.wabaId', hint: 'form.wabaIdHint', type: 'text' },
    { name: 'access_token', label: 'form.accessToken', hint: 'form.apiKeyHint', type: 'password' },
    { name: 'app_secret', label: 'form.appSecret', hint: 'form.appSecretHint', type: 'password' },
    { name: 'verify_token', label: 'form.verifyToken', hint: 'form.verifyTokenHint', type: 'password' },
  ],
}

/** The settings as the API takes them: what is left empty is left out. */
export function configOf(values: Record<string, string>): Record<string, string> {
  const { name: _, ...rest } = values
  return Object.fromEntries(
    Object.entries(rest)
      .map(([key, value]) => [key, key === 'base_url' ? value.replace(/\/+$/, '') : value] as const)
      .filter(([, value]) => value !== ''),
  )
}
