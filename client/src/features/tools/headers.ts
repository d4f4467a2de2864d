export interface Header {
  name: string
  value: string
}

/** What is sent of one header: nothing while either half of it is empty. */
export function headersOf({ name, value }: Header): Header[] {
  return name.trim() && value ? [{ name: name.trim(), value }] : []
}
