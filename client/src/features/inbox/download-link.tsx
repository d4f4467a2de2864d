import { Download } from 'lucide-react'
import { useTranslation } from 'react-i18next'

/** The file itself, at the end of a viewer's buttons. */
export function DownloadLink({ url }: { url: string }) {
  const { t } = useTranslation('inbox')
  return (
    <a
      href={url}
      target="_blank"
      rel="noopener noreferrer"
      className="ml-auto inline-flex h-11 items-center gap-1.5 px-2 text-info underline md:h-9"
    >
      <Download size={16} aria-hidden />
      {t('media.download')}
    </a>
  )
}
