import { Square, Trash2 } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { duration } from '@/lib/format'
import { IconButton } from '@/ui/icon-button'

const LONGEST = 15 * 60
const TYPES = ['audio/ogg;codecs=opus', 'audio/webm;codecs=opus', 'audio/mp4']
const ENDINGS: Record<string, string> = { 'audio/ogg': 'ogg', 'audio/webm': 'webm', 'audio/mp4': 'm4a' }

interface Props {
  onDone: (file: File) => void
  onCancel: () => void
  onRefused: () => void
}

/** Records from the moment it is shown; what it holds goes nowhere until the stop button is pressed. */
export default function VoiceRecorder({ onDone, onCancel, onRefused }: Props) {
  const { t } = useTranslation('inbox')
  const [seconds, setSeconds] = useState(0)
  const recorder = useRef<MediaRecorder | null>(null)
  const calls = useRef({ onDone, onRefused })
  calls.current = { onDone, onRefused }

  useEffect(() => {
    let stream: MediaStream | null = null
    let ended = false
    const begin = async () => {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true })
      if (ended) return release(stream)
      const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type))
      const made = new MediaRecorder(stream, mimeType ? { mimeType } : {})
      const parts: Blob[] = []
      made.ondataavailable = (event) => event.data.size > 0 && parts.push(event.data)
      made.onstop = () => {
        if (ended || parts.length === 0) return
        const type = made.mimeType.split(';')[0] ?? 'audio/webm'
        calls.current.onDone(new File(parts, `voz.${ENDINGS[type] ?? 'webm'}`, { type }))
      }
      made.start()
      recorder.current = made
    }
    begin().catch(() => !ended && calls.current.onRefused())
    const timer = setInterval(() => setSeconds((now) => now + 1), 1000)
    return () => {
      ended = true
      clearInterval(timer)
      if (stream) release(stream)
    }
  }, [])

  const stop = () => recorder.current?.state === 'recording' && recorder.current.stop()
  useEffect(() => {
    if (seconds >= LONGEST) recorder.current?.stop()
  }, [seconds])
  return (
    <fieldset className="flex items-center gap-2 rounded-control bg-danger-soft px-2" data-testid="recording">
      <legend className="sr-only">{t('attach.recording')}</legend>
      <span aria-hidden className="size-2.5 rounded-full bg-danger" />
      <span role="timer" className="text-sm tabular-nums">
        {duration(seconds)}
      </span>
      <IconButton label={t('attach.discardVoice')} onClick={onCancel} className="ml-auto">
        <Trash2 size={18} aria-hidden />
      </IconButton>
      <IconButton label={t('attach.stopVoice')} onClick={stop} data-testid="stop-recording">
        <Square size={18} aria-hidden />
      </IconButton>
    </fieldset>
  )
}

function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}
