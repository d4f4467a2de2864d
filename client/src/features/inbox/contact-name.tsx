import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/ui/button'
import { IconButton } from '@/ui/icon-button'
import { Input } from '@/ui/input'
import { useContactChange } from './mutations'

interface Props {
  id: string
  name: string
  editable: boolean
}

export function ContactName({ id, name, editable }: Props) {
  const { t } = useTranslation(['inbox', 'ui'])
  const change = useContactChange(id)
  const [draft, setDraft] = useState<string | null>(null)
  if (draft === null)
    return (
      <p className="flex items-center gap-1 text-md font-semibold">
        <span className="break-words">{name}</span>
        {editable && (
          <IconButton label={t('panel.editName')} onClick={() => setDraft(name)}>
            <Pencil size={14} aria-hidden />
          </IconButton>
        )}
      </p>
    )
  return (
    <form
      className="flex w-full flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        const next = draft.trim()
        if (next) change.mutate({ name: next }, { onSuccess: () => setDraft(null) })
      }}
    >
      <Input
        ref={(input) => input?.focus()}
        aria-label={t('panel.name')}
        value={draft}
        maxLength={120}
        required
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && setDraft(null)}
      />
      <div className="flex justify-center gap-2">
        <Button variant="ghost" size="sm" onClick={() => setDraft(null)}>
          {t('ui:cancel')}
        </Button>
        <Button type="submit" size="sm" busy={change.isPending}>
          {t('ui:save')}
        </Button>
      </div>
    </form>
  )
}
