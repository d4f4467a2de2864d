export function Brand() {
  return (
    <span className="flex items-center gap-2.5 text-md font-semibold">
      <span
        aria-hidden
        className="inline-flex size-7 items-center justify-center rounded-control bg-brand text-base font-semibold text-brand-fg"
      >
        E
      </span>
      EvoAI Connect
    </span>
  )
}
