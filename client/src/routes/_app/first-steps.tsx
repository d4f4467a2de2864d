import { createFileRoute } from '@tanstack/react-router'
import { FirstStepsPage } from '@/features/onboarding/first-steps-page'

export const Route = createFileRoute('/_app/first-steps')({ component: FirstStepsPage })
