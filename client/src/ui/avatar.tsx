import { initials } from '@/lib/format'

export function Avatar({ name, large }: { name: string; large?: boolean }) {
  return (
    <span
      aria-hidden
      className={`inline-flex shrink-0 items-center justify-center rounded-full bg-surface-2 font-semibold text-fg-muted ${large ? 'size-16 text-lg' : 'size-10 text-sm'}`}
    >
      {initials(name)}
    </span>
  )
}
