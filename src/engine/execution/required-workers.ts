import { MillraceError } from '../../spi/index.js'
import type { Session } from '../session/session.js'
import { propertyText } from '../session/session-properties.js'
import { durationMillis } from '../session/system-property.js'
import type { Cluster } from './cluster.js'

const POLL_MILLIS = 100

/**
 * Waits until there are as many nodes as the session wants, if it says so, for as long as it says.
 * @throws GENERIC_INSUFFICIENT_RESOURCES when they do not come; what `signal` aborts with
 * @source Trino ClusterSizeMonitor
 */
export async function requiredWorkers(
  cluster: Pick<Cluster, 'workers'>,
  session: Session,
  signal: AbortSignal,
): Promise<void> {
  const wanted = session.properties.get('required_workers_count')
  if (wanted === undefined) return
  const required = Number(wanted)
  const waitText = propertyText(session, 'required_workers_max_wait_time')
  const until = performance.now() + durationMillis(waitText)
  for (;;) {
    signal.throwIfAborted()
    const active = cluster.workers().length
    if (active >= required) return
    if (performance.now() > until) {
      throw new MillraceError(
        'GENERIC_INSUFFICIENT_RESOURCES',
        `Insufficient active worker nodes. Waited ${waitText} for at least ${required} workers, but only ${active} workers are active`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS))
  }
}
