import { Toaster as Sonner } from 'sonner'

const style = {
  '--normal-bg': 'var(--surface)',
  '--normal-text': 'var(--fg)',
  '--normal-border': 'var(--line-strong)',
  '--success-text': 'var(--ok)',
  '--error-text': 'var(--danger)',
} as React.CSSProperties

export default function Toaster() {
  return <Sonner position="bottom-left" style={style} duration={6_000} />
}
