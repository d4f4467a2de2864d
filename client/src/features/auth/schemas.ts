/** What the login and sign-up forms accept; messages are keys of the `auth` namespace. */
import * as z from 'zod/mini'

const required = (max: number) => z.string().check(z.trim(), z.minLength(1, 'required'), z.maxLength(max, 'tooLong'))
const email = z
  .string()
  .check(z.trim(), z.minLength(1, 'required'), z.maxLength(254, 'tooLong'), z.email('emailInvalid'))

export const PASSWORD_MIN = 12

export const loginSchema = z.object({
  email,
  password: z.string().check(z.minLength(1, 'required'), z.maxLength(256, 'passwordTooLong')),
})

export const signupSchema = z.object({
  company: required(120),
  name: required(120),
  email,
  password: z.string().check(z.minLength(PASSWORD_MIN, 'passwordTooShort'), z.maxLength(256, 'passwordTooLong')),
})

export type LoginValues = z.infer<typeof loginSchema>
export type SignupValues = z.infer<typeof signupSchema>
export type AuthMessage = 'required' | 'tooLong' | 'emailInvalid' | 'passwordTooShort' | 'passwordTooLong'
