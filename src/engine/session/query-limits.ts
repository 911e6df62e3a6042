import type { TaskLimits } from '../../dataflow/task/task-request.js'
import { MillraceError } from '../../spi/index.js'
import type { QueryContext } from './query-context.js'
import { propertyText } from './session-properties.js'
import { dataSizeBytes } from './system-property.js'

/**
 * What the session lets a query take of a node. Where the node may spill, queries do unless their session says otherwise.
 * @throws INVALID_SESSION_PROPERTY where a session wants to spill and the node has no place for it
 */
export function taskLimits({ session }: QueryContext, nodeMaySpill: boolean): TaskLimits {
  const wanted = session.properties.get('spill_enabled')
  if (wanted === 'true' && !nodeMaySpill) {
    throw new MillraceError(
      'INVALID_SESSION_PROPERTY',
      'spill_enabled cannot be set to true; no spill paths configured',
      { hint: 'Give the engine a spillPath (spiller-spill-path in config.properties)' },
    )
  }
  const sizes = ['query_max_memory', 'query_max_memory_per_node']
    .map((name) => propertyText(session, name))
    .filter((text) => text !== '')
    .map(dataSizeBytes)
  const concurrency = propertyText(session, 'task_concurrency')
  return {
    memoryBytes: Math.min(...sizes),
    maySpill: nodeMaySpill && wanted !== 'false',
    ...(concurrency === '' ? {} : { driversMax: Number(concurrency) }),
  }
}
