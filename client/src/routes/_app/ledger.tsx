import { createFileRoute, useNavigate } from '@tanstack/react-router'
import { LedgerPage } from '@/features/ledger/ledger-page'
import { parseLedgerSearch } from '@/features/ledger/range'
import { askForWords, loadWords } from '@/i18n'

export const Route = createFileRoute('/_app/ledger')({
  validateSearch: parseLedgerSearch,
  beforeLoad: () => askForWords('ledger', 'events'),
  loader: () => loadWords('ledger', 'events'),
  component: Ledger,
})

function Ledger() {
  const navigate = useNavigate()
  return (
    <LedgerPage
      search={Route.useSearch()}
      onSearch={(search) => void navigate({ to: '/ledger', search, replace: true })}
    />
  )
}
