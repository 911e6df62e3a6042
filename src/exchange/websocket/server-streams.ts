import { MillraceError } from '../../spi/index.js'
import type { TaskBuffers } from '../task-buffers.js'
import { OutgoingStream } from './outgoing-stream.js'

/** A stream with who is connected to it. */
export interface ServerStream {
  readonly taskId: string
  readonly bufferId: number
  readonly outgoing: OutgoingStream
  /** The connection that has it; undefined while it waits to be resumed. */
  holder: StreamHolder | undefined
  /** When the consumer last said anything about it. */
  heardAt: number
}

export interface StreamHolder {
  /** Pages may have come for the stream. */
  wake(stream: ServerStream): void
  /** The stream was taken over by a newer connection, or failed. */
  dropped(stream: ServerStream, error: MillraceError): void
}

const CHECKS_PER_TIMEOUT = 4

/** The streams of a node's output buffers: they outlive connections, within a bound. */
export class ServerStreams {
  readonly #buffers: TaskBuffers
  readonly #timeoutMillis: number
  readonly #streams = new Map<string, ServerStream>()
  /** Streams that were silent too long at the last check. */
  readonly #suspects = new WeakSet<ServerStream>()
  readonly #timer: NodeJS.Timeout
  readonly #unlisten: () => void

  constructor(buffers: TaskBuffers, timeoutMillis: number) {
    this.#buffers = buffers
    this.#timeoutMillis = timeoutMillis
    this.#timer = setInterval(() => this.#expire(), timeoutMillis / CHECKS_PER_TIMEOUT)
    this.#timer.unref()
    this.#unlisten = buffers.onUnregistered((taskId) => this.#forget(taskId))
  }

  get size(): number {
    return this.#streams.size
  }

  /** Gives a stream to a connection: a newer one takes it from an older. @throws REMOTE_TASK_MISMATCH */
  async open(taskId: string, bufferId: number, holder: StreamHolder): Promise<ServerStream> {
    const key = keyOf(taskId, bufferId)
    let stream = this.#streams.get(key)
    if (stream === undefined) {
      const buffer = await this.#buffers.find(taskId)
      const reader = buffer.reader(bufferId)
      // Another connection may have come for it meanwhile.
      stream = this.#streams.get(key)
      if (stream === undefined) {
        const outgoing = new OutgoingStream(reader)
        const made: ServerStream = { taskId, bufferId, outgoing, holder, heardAt: 0 }
        stream = made
        this.#streams.set(key, made)
        reader.onReadable(() => made.holder?.wake(made))
      }
    }
    const older = stream.holder
    stream.holder = holder
    stream.heardAt = performance.now()
    if (older !== undefined && older !== holder) {
      older.dropped(
        stream,
        new MillraceError('PAGE_TRANSPORT_ERROR', 'Another connection reads it'),
      )
    }
    return stream
  }

  /** Ends a stream: its consumer has everything, or wants no more. Unknown ones have ended before. */
  close(taskId: string, bufferId: number, complete: boolean): void {
    const stream = this.#streams.get(keyOf(taskId, bufferId))
    if (stream !== undefined) this.#end(stream, complete)
    else this.#buffers.get(taskId)?.reader(bufferId).abort()
  }

  /** Lets a stream wait to be resumed; that of a task that is gone has nobody who would. */
  release(stream: ServerStream, holder: StreamHolder): void {
    if (stream.holder !== holder) return
    stream.holder = undefined
    stream.heardAt = performance.now()
    if (this.#buffers.get(stream.taskId) === undefined) this.#end(stream, false)
  }

  /** Forgets a stream that failed; its consumer was told. */
  fail(stream: ServerStream): void {
    this.#end(stream, false)
  }

  /** Drops everything. */
  stop(): void {
    clearInterval(this.#timer)
    this.#unlisten()
    for (const stream of [...this.#streams.values()]) this.#end(stream, false)
  }

  #end(stream: ServerStream, complete: boolean): void {
    this.#streams.delete(keyOf(stream.taskId, stream.bufferId))
    stream.holder = undefined
    stream.outgoing.drop()
    if (complete) stream.outgoing.reader.finish()
    else stream.outgoing.reader.abort()
  }

  /** The task is gone: nobody comes back for what has no connection; the others are told by its buffer. */
  #forget(taskId: string): void {
    for (const stream of [...this.#streams.values()]) {
      if (stream.taskId === taskId && stream.holder === undefined) this.#end(stream, false)
    }
  }

  /** Ends streams of which nothing was heard for too long. */
  #expire(): void {
    const now = performance.now()
    for (const stream of [...this.#streams.values()]) {
      if (now - stream.heardAt < this.#timeoutMillis) {
        this.#suspects.delete(stream)
        continue
      }
      // This thread may have been busy: what has come meanwhile is read before the next check.
      if (!this.#suspects.has(stream)) {
        this.#suspects.add(stream)
        continue
      }
      const { holder } = stream
      this.#end(stream, false)
      holder?.dropped(
        stream,
        new MillraceError(
          'PAGE_TRANSPORT_TIMEOUT',
          `The consumer granted no credit for ${this.#timeoutMillis} ms`,
        ),
      )
    }
  }
}

const keyOf = (taskId: string, bufferId: number): string => `${taskId}/${bufferId}`
