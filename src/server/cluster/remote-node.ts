import type {
  TaskListener,
  TaskNode,
  TaskRequest,
  TaskStatus,
  TaskUpdate,
} from '../../engine/execution/cluster.js'
import { errorToRecord, MillraceError } from '../../spi/index.js'
import type { Announcement, NodeState, ToCoordinator, ToWorker } from './messages.js'

/** A worker as its coordinator sees it, over the control connection. */
export class RemoteNode implements TaskNode {
  readonly nodeId: string
  readonly uri: string
  readonly version: string
  state: NodeState
  readonly #send: (message: ToWorker) => void
  readonly #listeners = new Map<string, TaskListener>()
  readonly #releasing = new Map<string, ((status: TaskStatus | undefined) => void)[]>()
  #isLost = false

  constructor(announcement: Announcement, send: (message: ToWorker) => void) {
    this.nodeId = announcement.nodeId
    this.uri = announcement.uri
    this.version = announcement.version
    this.state = announcement.state
    this.#send = send
  }

  get taskCount(): number {
    return this.#listeners.size
  }

  createTask(request: TaskRequest, listener: TaskListener): void {
    // Whoever made the task hears from the cluster that the node is gone.
    if (this.#isLost) return
    this.#listeners.set(request.taskId, listener)
    this.#send({ type: 'createTask', request })
  }

  updateTask(taskId: string, update: TaskUpdate): void {
    if (this.#listeners.has(taskId)) this.#send({ type: 'updateTask', taskId, update })
  }

  releaseTask(taskId: string): Promise<TaskStatus | undefined> {
    if (this.#isLost || !this.#listeners.has(taskId)) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const waiting = this.#releasing.get(taskId)
      if (waiting !== undefined) {
        waiting.push(resolve)
        return
      }
      this.#releasing.set(taskId, [resolve])
      this.#send({ type: 'releaseTask', taskId })
    })
  }

  receive(message: Exclude<ToCoordinator, { type: 'announce' | 'askTurns' }>): void {
    switch (message.type) {
      case 'state':
        this.state = message.state
        return
      case 'status':
        this.#listeners.get(message.status.taskId)?.status(message.status)
        return
      case 'released':
        this.#released(message.taskId, message.status)
        return
      case 'needSplits':
        void this.#giveSplits(message)
        return
    }
  }

  /** The node is gone: what waits for it is over. */
  lost(): void {
    this.#isLost = true
    this.#listeners.clear()
    for (const taskId of [...this.#releasing.keys()]) this.#released(taskId, undefined)
  }

  #released(taskId: string, status: TaskStatus | undefined): void {
    this.#listeners.delete(taskId)
    const waiting = this.#releasing.get(taskId) ?? []
    this.#releasing.delete(taskId)
    for (const resolve of waiting) resolve(status)
  }

  async #giveSplits({
    request,
    taskId,
    planNodeId,
    maxSize,
  }: Extract<ToCoordinator, { type: 'needSplits' }>): Promise<void> {
    try {
      const listener = this.#listeners.get(taskId)
      if (listener === undefined) {
        throw new MillraceError('REMOTE_TASK_MISMATCH', `The task has ended: ${taskId}`)
      }
      const batch = await listener.nextSplits(planNodeId, maxSize)
      this.#send({ type: 'splits', request, batch })
    } catch (error) {
      this.#send({ type: 'splits', request, error: errorToRecord(error) })
    }
  }
}
