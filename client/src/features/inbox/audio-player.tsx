import { AudioLines, Mic, Pause, Play } from 'lucide-react'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { duration } from '@/lib/format'
import { IconButton } from '@/ui/icon-button'

const SPEEDS = [1, 1.5, 2] as const

interface Props {
  url: string
  /** As the sender's phone says; the file itself knows better once it plays. */
  seconds: number | null
  voice: boolean
  onError: () => void
}

export function AudioPlayer({ url, seconds, voice, onError }: Props) {
  const { t } = useTranslation('inbox')
  const audio = useRef<HTMLAudioElement>(null)
  const [playing, setPlaying] = useState(false)
  const [at, setAt] = useState(0)
  const [length, setLength] = useState(seconds ?? 0)
  const [speed, setSpeed] = useState<(typeof SPEEDS)[number]>(1)
  const Icon = voice ? Mic : AudioLines

  const toggle = () => {
    const element = audio.current
    if (!element) return
    if (element.paused) void element.play().catch(() => undefined)
    else element.pause()
  }
  const faster = () => {
    const next = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length] ?? 1
    setSpeed(next)
    if (audio.current) audio.current.playbackRate = next
  }
  const seek = (to: number) => {
    setAt(to)
    if (audio.current) audio.current.currentTime = to
  }
  return (
    <fieldset data-testid="audio" className="flex w-72 max-w-full items-center gap-1.5">
      <legend className="sr-only">{voice ? t('media.voice') : t('media.audio')}</legend>
      {/* biome-ignore lint/a11y/useMediaCaption: its transcript stands below */}
      <audio
        ref={audio}
        src={url}
        preload="none"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onLoadedMetadata={(event) => {
          const found = event.currentTarget.duration
          if (Number.isFinite(found)) setLength(found)
          event.currentTarget.playbackRate = speed
        }}
        onError={onError}
      />
      <IconButton label={playing ? t('media.pause') : t('media.play')} onClick={toggle} data-testid="play">
        {playing ? <Pause size={18} aria-hidden /> : <Play size={18} aria-hidden />}
      </IconButton>
      <input
        type="range"
        min={0}
        max={Math.max(length, 0.1)}
        step={0.1}
        value={Math.min(at, Math.max(length, 0.1))}
        onChange={(event) => seek(Number(event.target.value))}
        aria-label={t('media.position')}
        aria-valuetext={duration(Math.round(at))}
        className="h-6 min-w-0 flex-1 accent-brand"
      />
      <span className="flex items-center gap-1 text-xs text-fg-muted tabular-nums">
        <Icon size={12} aria-hidden />
        {duration(Math.round(playing || at > 0 ? at : length))}
      </span>
      <button
        type="button"
        onClick={faster}
        aria-label={t('media.speed', { speed })}
        data-testid="speed"
        className="h-11 min-w-9 rounded-control px-1 text-sm font-medium text-fg-muted tabular-nums hover:bg-surface-2 md:h-8"
      >
        {speed}×
      </button>
    </fieldset>
  )
}
