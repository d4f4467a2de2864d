import { lazy, Suspense } from 'react'
import { useStore } from '@/lib/store'
import { toasterWanted } from '@/lib/toast'

const Toaster = lazy(() => import('./toaster'))

export function LazyToaster() {
  const wanted = useStore(toasterWanted)
  return wanted ? (
    <Suspense>
      <Toaster />
    </Suspense>
  ) : null
}
