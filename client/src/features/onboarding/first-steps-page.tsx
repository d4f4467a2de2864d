import { useTranslation } from 'react-i18next'
import { useSession } from '@/api/session'
import { Button } from '@/ui/button'
import { Loading } from '@/ui/loading'
import { Meter } from '@/ui/meter'
import { Page } from '@/ui/page'
import { setChoice, useChoice } from './hidden'
import { StepRow } from './step-row'
import { STEPS, useStepsDone } from './steps'

export function FirstStepsPage() {
  const { t } = useTranslation('onboarding')
  const tenantId = useSession()?.tenant.id ?? ''
  const choice = useChoice(tenantId)
  const done = useStepsDone()
  const counted = STEPS.filter((step) => !choice.skipped.includes(step.id))
  const count = done ? counted.filter((step) => done[step.id]).length : 0
  const progress = t('progress', { done: count, total: counted.length })
  return (
    <Page
      title={t('title')}
      detail={t('detail')}
      actions={
        <Button variant="ghost" onClick={() => setChoice(tenantId, { hidden: !choice.hidden })}>
          {choice.hidden ? t('show') : t('hide')}
        </Button>
      }
    >
      {!done ? (
        <Loading rows={4} />
      ) : (
        <>
          <div className="flex flex-col gap-2">
            <p className="text-fg-muted">{count === counted.length ? t('allDone') : progress}</p>
            <Meter
              progress
              label={t('title')}
              share={counted.length ? count / counted.length : 1}
              valueText={progress}
            />
          </div>
          <ol className="flex flex-col gap-3">
            {STEPS.map((step) => (
              <StepRow
                key={step.id}
                step={step}
                done={done[step.id]}
                skipped={choice.skipped.includes(step.id)}
                onSkip={(skip) =>
                  setChoice(tenantId, {
                    skipped: skip ? [...choice.skipped, step.id] : choice.skipped.filter((id) => id !== step.id),
                  })
                }
              />
            ))}
          </ol>
        </>
      )}
    </Page>
  )
}
