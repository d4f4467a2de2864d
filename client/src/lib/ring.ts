/** The sound and the notification themselves. The sound is made, so that no file has to come before it. */
import type { Call } from './alerts'

const NOTES = [
  { hertz: 659, at: 0 },
  { hertz: 880, at: 0.16 },
]
const LENGTH = 0.35
/** Longer than it takes for one event to reach all tabs. */
const HELD = 3_000

let audio: AudioContext | null = null

/** A context that may sound, or null: browsers keep a page silent until somebody has touched it. */
async function speaker(): Promise<AudioContext | null> {
  if (typeof AudioContext === 'undefined') return null
  audio ??= new AudioContext()
  const wait = new Promise((resolve) => setTimeout(resolve, 200))
  if (audio.state !== 'running') await Promise.race([audio.resume(), wait])
  return audio.state === 'running' ? audio : null
}

function play(on: AudioContext): void {
  for (const { hertz, at } of NOTES) {
    const tone = on.createOscillator()
    const volume = on.createGain()
    const start = on.currentTime + at
    tone.frequency.value = hertz
    volume.gain.setValueAtTime(0.0001, start)
    volume.gain.exponentialRampToValueAtTime(0.2, start + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.0001, start + LENGTH)
    tone.connect(volume).connect(on.destination)
    tone.start(start)
    tone.stop(start + LENGTH)
  }
}

/** Sounds in one tab of those that could, and says whether it was this one. */
export async function ring(name: string): Promise<boolean> {
  const ready = await speaker()
  if (!ready) return false
  if (!navigator.locks) {
    play(ready)
    return true
  }
  return new Promise((resolve) => {
    void navigator.locks.request(`evo-ring:${name}`, { ifAvailable: true }, async (lock) => {
      resolve(lock !== null)
      if (!lock) return
      play(ready)
      await new Promise((done) => setTimeout(done, HELD))
    })
  })
}

export function show({ name, title, onOpen }: Call): void {
  try {
    const shown = new Notification(title, { tag: name, icon: '/favicon.svg' })
    shown.onclick = () => {
      window.focus()
      shown.close()
      onOpen()
    }
  } catch {
    // Chrome on Android has the name but lets only service workers notify.
  }
}
