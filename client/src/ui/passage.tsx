import { type ReactNode, useId } from 'react'
import { Meter } from './meter'

interface Props {
  /** Where it stands. */
  title: ReactNode
  detail?: string
  text: string
  /** 0 to 1, and in words. */
  score?: { share: number; label: string; words: string }
}

/** A quoted passage with its place, and how well it matched. */
export function Passage({ title, detail, text, score }: Props) {
  const id = useId()
  return (
    <article aria-labelledby={id} data-testid="passage" className="flex flex-col gap-2">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <p id={id} className="min-w-0 flex-1 font-medium break-words">
          {title}
        </p>
        {score && (
          <div className="flex items-center gap-2 text-sm text-fg-muted tabular-nums">
            <div className="w-16">
              <Meter progress label={score.label} share={score.share} valueText={score.words} />
            </div>
            <span aria-hidden>{score.words}</span>
          </div>
        )}
      </header>
      {detail && <p className="text-sm text-fg-muted">{detail}</p>}
      <blockquote className="border-l-2 border-line-strong pl-3 break-words whitespace-pre-wrap">{text}</blockquote>
    </article>
  )
}
