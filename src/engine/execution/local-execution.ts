import type { TaskExecution } from '../../dataflow/task/task-execution.js'
import type { TaskSnapshot } from '../../dataflow/task/task-snapshot.js'
import type { PlanExecution } from '../services.js'
import type { ExecutionInfo } from './query-info.js'

/**
 * The execution of a plan in this node alone. Once it has ended, all that is kept is what it tells: the last hundred queries are
 * remembered, and splits, states and drivers of each would be copied by every collection of garbage until then.
 * @param infoOf of what the execution tells
 * @param onEnd called once, when it has given back what it held
 */
export function localExecution(
  execution: TaskExecution,
  infoOf: (snapshot: TaskSnapshot) => ExecutionInfo,
  onEnd: () => void,
): PlanExecution {
  let running: TaskExecution | undefined = execution
  let last: TaskSnapshot | undefined
  let ending: Promise<void> | undefined
  const end = async (ended: TaskExecution): Promise<void> => {
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
