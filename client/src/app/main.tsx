import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { startI18n } from '@/i18n'
import { Providers } from './providers'
import { watchStaleChunks } from './stale-chunks'
import '@/styles/app.css'

watchStaleChunks()

const root = document.getElementById('root')
if (!root) throw new Error('no #root in the document')

await startI18n()
createRoot(root).render(
  <StrictMode>
    <Providers />
  </StrictMode>,
)
