/** Where the API and the websocket live. Unset variables mean the page's own origin. */
function origin(value: string | undefined, fallback: string): string {
  return (value || fallback).replace(/\/+$/, '')
}

export const API_ORIGIN = origin(import.meta.env.VITE_API_URL, window.location.origin)
export const WS_URL = `${origin(import.meta.env.VITE_WS_URL, API_ORIGIN.replace(/^http/, 'ws'))}/api/v1/realtime`
