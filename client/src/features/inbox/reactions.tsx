import { useTranslation } from 'react-i18next'
import type { Message } from '@/api/types'

interface Props {
  reactions: Message['reactions']
  contactName: string
}

export function Reactions({ reactions, contactName }: Props) {
  const { t } = useTranslation('inbox')
  const shown = reactions.filter((reaction) => reaction.emoji)
  if (shown.length === 0) return null
  return (
    <ul className="z-1 -mt-1.5 flex gap-1 px-2">
      {shown.map(({ author, emoji }) => {
        const name =
          author === 'contact' ? contactName : author === 'agent' ? t('author.agentUnknown') : t(`author.${author}`)
        return (
          <li key={`${author}${emoji}`} className="rounded-full border bg-surface px-1.5 text-sm">
            <span aria-hidden>{emoji}</span>
            <span className="sr-only">{t('reactedWith', { author: name, emoji })}</span>
          </li>
        )
      })}
    </ul>
  )
}
