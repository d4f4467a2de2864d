/** One file on its way to the server, with its progress; `fetch` tells none of what goes out. */
import { API_ORIGIN } from '@/api/config'
import { ApiError, problemFrom } from '@/api/errors'
import { freshToken } from '@/api/session'
import type { Media } from '@/api/types'

export async function upload(
  file: File,
  voice: boolean,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<Media> {
  const token = await freshToken()
  const form = new FormData()
  if (voice) form.append('voice', 'true')
  form.append('file', file, file.name)
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', `${API_ORIGIN}/api/v1/media`)
    request.responseType = 'text'
    if (token) request.setRequestHeader('Authorization', `Bearer ${token}`)
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total)
    request.onerror = () => reject(new ApiError(0, 'network'))
    request.onload = () => {
      const body = parsed(request.responseText)
      if (request.status === 201) resolve(body as Media)
      else reject(problemFrom(new Response(null, { status: request.status || 500 }), body))
    }
    signal.addEventListener('abort', () => {
      request.abort()
      reject(signal.reason)
    })
    if (signal.aborted) reject(signal.reason)
    else request.send(form)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
