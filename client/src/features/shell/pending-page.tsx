import { Loading } from '@/ui/loading'

export function PendingPage() {
  return (
    <div className="mx-auto w-full max-w-4xl px-4 py-6 md:px-8">
      <Loading />
    </div>
  )
}
