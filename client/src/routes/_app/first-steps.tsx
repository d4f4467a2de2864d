import { createFileRoute } from '@tanstack/react-router'
import { FirstStepsPage } from '@/features/onboarding/first-steps-page'
import { askForWords, loadWords } from '@/i18n'

export const Route = createFileRoute('/_app/first-steps')({
  beforeLoad: () => askForWords('onboarding'),
  loader: () => loadWords('onboarding'),
  component: FirstStepsPage,
})
