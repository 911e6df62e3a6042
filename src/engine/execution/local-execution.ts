import type { ExecutionSnapshot } from '../../dataflow/execution-snapshot.js'
import type { QueryExecution } from '../../dataflow/query-execution.js'
import type { PlanExecution } from '../services.js'
import type { ExecutionInfo } from './query-info.js'

/**
 * The execution of a plan in this node alone. Once it has ended, all that is kept is what it tells: the last hundred queries are
 * remembered, and splits, states and drivers of each would be copied by every collection of garbage until then.
 * @param infoOf of what the execution tells
 * @param onEnd called once, when it has given back what it held
 */
export function localExecution(
  execution: QueryExecution,
  infoOf: (snapshot: ExecutionSnapshot) => ExecutionInfo,
  onEnd: () => void,
): PlanExecution {
  let running: QueryExecution | undefined = execution
  let last: ExecutionSnapshot | undefined
  let ending: Promise<void> | undefined
  const end = async (ended: QueryExecution): Promise<void> => {
    try {
      await ended.end()
    } finally {
      last = ended.info()
      running = undefined
      onEnd()
    }
  }
  return {
    nextPage: () => (running === undefined ? Promise.resolve(undefined) : running.nextPage()),
    cancel: (reason) => running?.cancel(reason),
    end: () => {
      if (running !== undefined) ending ??= end(running)
      return ending ?? Promise.resolve()
    },
    info: () => infoOf(last ?? running!.info()),
  }
}
