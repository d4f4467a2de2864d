/** Files dropped anywhere on the page. What nobody takes is let go too: the browser would leave the app to show it. */
import { useEffect, useRef, useState } from 'react'

const carries = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false
const inDialog = (event: DragEvent): boolean =>
  event.target instanceof Element && event.target.closest('[role="dialog"], [role="alertdialog"]') !== null

/** Whether files are being held over the page now. */
export function useFileDrop(enabled: boolean, take: (files: FileList) => void): boolean {
  const [over, setOver] = useState(false)
  const latest = useRef(take)
  useEffect(() => {
    latest.current = take
  })
  useEffect(() => {
    const abort = new AbortController()
    const { signal } = abort
    const onOver = (event: DragEvent) => {
      if (!carries(event) || !event.dataTransfer) return
      event.preventDefault()
      const wanted = enabled && !inDialog(event)
      event.dataTransfer.dropEffect = wanted ? 'copy' : 'none'
      setOver(wanted)
    }
    const onDrop = (event: DragEvent) => {
      setOver(false)
      if (!carries(event) || event.defaultPrevented) return
      event.preventDefault()
      if (enabled && !inDialog(event) && event.dataTransfer) latest.current(event.dataTransfer.files)
    }
    document.addEventListener('dragover', onOver, { signal })
    document.addEventListener('drop', onDrop, { signal })
    document.addEventListener('dragleave', (event) => event.relatedTarget === null && setOver(false), { signal })
    return () => {
      abort.abort()
      setOver(false)
    }
  }, [enabled])
  return over
}
