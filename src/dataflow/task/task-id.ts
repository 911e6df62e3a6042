/**
 * Tasks are addressed as `query.stage.task.attempt`, as Trino names them; what runs of one in a thread as `query.stage.task.attempt.thread`. A
 * plan that runs in one node alone is a task too, the only one of its only stage.
 */

/** Names a task, whichever of its attempts. */
export const taskName = (queryId: string, stage: number, task: number): string =>
  `${queryId}.${stage}.${task}`

export const taskIdOf = (name: string, attempt: number): string => `${name}.${attempt}`

/** The task of a plan that runs in one node alone. */
export const onlyTaskId = (queryId: string): string => taskIdOf(taskName(queryId, 0, 0), 0)

/** @param thread its name in the node, such as `main` or `worker-1` */
export const threadTaskId = (taskId: string, thread: string): string => `${taskId}.${thread}`

/** A stage has fewer tasks. */
const SINK_ID_TASKS = 2 ** 20

/** Names the sink of an attempt of a task within the write: those of all attempts differ. @source Trino ConnectorPageSinkId */
export function sinkIdOf(taskId: string, taskIndex: number): number {
  const attempt = Number(taskId.slice(taskId.lastIndexOf('.') + 1))
  return attempt * SINK_ID_TASKS + taskIndex
}
