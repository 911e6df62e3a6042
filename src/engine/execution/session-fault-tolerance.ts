import type { Session } from '../session/session.js'
import { durationMillis } from '../session/system-property.js'
import type { FaultTolerance } from './fault-tolerance.js'

/** The settings with what a session says of its queries. */
export function faultToleranceFor(session: Session, settings: FaultTolerance): FaultTolerance {
  const given = <T>(name: string, read: (text: string) => T, otherwise: T): T => {
    const text = session.properties.get(name)
    return text === undefined ? otherwise : read(text)
  }
  return {
    ...settings,
    policy: given(
      'retry_policy',
      (text) => text.toUpperCase() as FaultTolerance['policy'],
      settings.policy,
    ),
    queryRetries: given('query_retry_attempts', Number, settings.queryRetries),
    taskRetries: given('task_retry_attempts_per_task', Number, settings.taskRetries),
    initialDelayMillis: given('retry_initial_delay', durationMillis, settings.initialDelayMillis),
    maxDelayMillis: given('retry_max_delay', durationMillis, settings.maxDelayMillis),
    delayFactor: given('retry_delay_scale_factor', Number, settings.delayFactor),
  }
}

/** What sessions are shown of the settings, by the names of their properties. */
export const shownFaultTolerance = (settings: FaultTolerance): ReadonlyMap<string, string> =>
  new Map([
    ['retry_policy', settings.policy],
    ['query_retry_attempts', String(settings.queryRetries)],
    ['task_retry_attempts_per_task', String(settings.taskRetries)],
    ['retry_initial_delay', `${settings.initialDelayMillis.toFixed(2)}ms`],
    ['retry_max_delay', `${(settings.maxDelayMillis / 1000).toFixed(2)}s`],
    ['retry_delay_scale_factor', String(settings.delayFactor)],
  ])
