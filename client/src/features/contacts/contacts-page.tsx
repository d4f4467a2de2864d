import { Download, Plus, Upload } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useCan, useMay } from '@/lib/use-me'
import { Button } from '@/ui/button'
import { Loading } from '@/ui/loading'
import { NoAccess } from '@/ui/no-access'
import { Page } from '@/ui/page'
import { ContactFilters } from './contact-filters'
import { ContactList } from './contact-list'
import { useExportContacts } from './mutations'
import { type ContactsSearch, filtersOf } from './search'

const ContactSheet = lazy(() => import('./contact-sheet'))
const ContactForm = lazy(() => import('./contact-form'))
const ImportDialog = lazy(() => import('./import-dialog'))

interface Props {
  search: ContactsSearch
  onSearch: (search: ContactsSearch) => void
}

export function ContactsPage({ search, onSearch }: Props) {
  const { t } = useTranslation('contacts')
  const allowed = useMay('contacts:read')
  const mayWrite = useCan('contacts:write')
  const mayManage = useCan('contacts:manage')
  const download = useExportContacts()
  const [open, setOpen] = useState<'form' | 'import' | null>(null)
  const { who, ...rest } = search
  if (allowed === false)
    return (
      <Page title={t('title')}>
        <NoAccess>{t('noAccess')}</NoAccess>
      </Page>
    )
  return (
    <Page
      title={t('title')}
      detail={t('detail')}
      actions={
        <div className="flex flex-wrap gap-2 empty:hidden">
          {mayManage && (
            <>
              <Button variant="secondary" onClick={() => setOpen('import')}>
                <Upload size={16} aria-hidden />
                {t('import.open')}
              </Button>
              <Button variant="secondary" busy={download.isPending} onClick={() => download.mutate(filtersOf(search))}>
                <Download size={16} aria-hidden />
                {t('export')}
              </Button>
            </>
          )}
          {mayWrite && (
            <Button onClick={() => setOpen('form')}>
              <Plus size={16} aria-hidden />
              {t('new')}
            </Button>
          )}
        </div>
      }
    >
      {allowed === undefined ? (
        <Loading rows={3} />
      ) : (
        <>
          <ContactFilters search={rest} onSearch={onSearch} />
          <ContactList search={rest} onSearch={onSearch} />
          <Suspense>
            {who && <ContactSheet key={who} id={who} onClose={() => onSearch(rest)} />}
            {open === 'form' && (
              <ContactForm
                onClose={() => setOpen(null)}
                onSaved={({ id }) => {
                  setOpen(null)
                  onSearch({ ...rest, who: id })
                }}
              />
            )}
            {open === 'import' && <ImportDialog onClose={() => setOpen(null)} />}
          </Suspense>
        </>
      )}
    </Page>
  )
}
