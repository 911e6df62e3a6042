import { MillraceError } from '../spi/index.js'
import type { OutputBuffer } from './output-buffer.js'

const DEFAULT_WAIT_MILLIS = 10_000

interface Waiter {
  resolve(buffer: OutputBuffer): void
  reject(error: MillraceError): void
  readonly timer: NodeJS.Timeout
}

/**
 * The output buffers of a node by task. A consumer may come before the task that it reads was made: it waits, within a
 * bound.
 */
export class TaskBuffers {
  readonly #buffers = new Map<string, OutputBuffer>()
  readonly #waiters = new Map<string, Waiter[]>()
  readonly #waitMillis: number
  readonly #goneListeners = new Set<(taskId: string) => void>()

  constructor(waitMillis = DEFAULT_WAIT_MILLIS) {
    this.#waitMillis = waitMillis
  }

  register(taskId: string, buffer: OutputBuffer): void {
    this.#buffers.set(taskId, buffer)
    for (const { resolve, timer } of this.#takeWaiters(taskId)) {
      clearTimeout(timer)
      resolve(buffer)
    }
  }

  /** Forgets a task, whose buffer was finished or destroyed by its owner. */
  unregister(taskId: string): void {
    if (!this.#buffers.delete(taskId)) return
    for (const listener of this.#goneListeners) listener(taskId)
  }

  /** Calls back when a task is forgotten; gives a function that stops that. */
  onUnregistered(listener: (taskId: string) => void): () => void {
    this.#goneListeners.add(listener)
    return () => this.#goneListeners.delete(listener)
  }

  /** All buffers that are there. */
  values(): Iterable<OutputBuffer> {
    return this.#buffers.values()
  }

  get(taskId: string): OutputBuffer | undefined {
    return this.#buffers.get(taskId)
  }

  /** The buffer of a task, as soon as it is there. @throws REMOTE_TASK_MISMATCH when it does not come */
  async find(taskId: string): Promise<OutputBuffer> {
    const buffer = this.#buffers.get(taskId)
    if (buffer !== undefined) return buffer
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const waiters = this.#waiters.get(taskId) ?? []
        const left = waiters.filter((other) => other !== waiter)
        if (left.length === 0) this.#waiters.delete(taskId)
        else this.#waiters.set(taskId, left)
        reject(unknownTask(taskId))
      }, this.#waitMillis)
      const waiter: Waiter = { resolve, reject, timer }
      this.#waiters.set(taskId, [...(this.#waiters.get(taskId) ?? []), waiter])
    })
  }

  /** Ends everyone's waiting. */
  close(): void {
    for (const taskId of [...this.#waiters.keys()]) {
      for (const { reject, timer } of this.#takeWaiters(taskId)) {
        clearTimeout(timer)
        reject(unknownTask(taskId))
      }
    }
  }

  #takeWaiters(taskId: string): readonly Waiter[] {
    const waiters = this.#waiters.get(taskId) ?? []
    this.#waiters.delete(taskId)
    return waiters
  }
}

const unknownTask = (taskId: string): MillraceError =>
  new MillraceError('REMOTE_TASK_MISMATCH', `The node has no such task: ${taskId}`)
