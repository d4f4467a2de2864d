import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { encode } from 'uqr'

const QUIET = 4

const PICTURE = 'data:image/png;base64,'

/** What a provider gives to pair with: a picture of the code, or what the picture has to say. */
export default function QrCode({ code }: { code: string }) {
  const { t } = useTranslation('channels')
  if (!code.startsWith(PICTURE)) return <Drawn code={code} />
  return (
    <img
      src={code}
      alt={t('pairing.qrAlt')}
      className="size-66 rounded-card bg-paper p-2"
      data-testid="qr"
      data-code={code}
    />
  )
}

/** The pairing string as one SVG path, dark on white with its quiet zone in every theme. */
function Drawn({ code }: { code: string }) {
  const { t } = useTranslation('channels')
  const { size, path } = useMemo(() => {
    const qr = encode(code, { ecc: 'L', border: QUIET })
    let drawn = ''
    qr.data.forEach((row, y) => {
      row.forEach((dark, x) => {
        if (dark) drawn += `M${x} ${y}h1v1h-1z`
      })
    })
    return { size: qr.size, path: drawn }
  }, [code])
  return (
    <svg
      role="img"
      aria-label={t('pairing.qrAlt')}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="size-66 rounded-card bg-paper text-ink"
      data-testid="qr"
      data-code={code}
    >
      <path d={path} fill="currentColor" />
    </svg>
  )
}
