import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from './button'

export function CopyButton({ text }: { text: string }) {
  const { t } = useTranslation('ui')
  const [done, setDone] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setDone(true)
    setTimeout(() => setDone(false), 2_000)
  }
  return (
    <Button variant="secondary" size="sm" onClick={() => void copy().catch(() => undefined)}>
      {done ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
      <span aria-live="polite">{done ? t('copied') : t('copy')}</span>
    </Button>
  )
}
