import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { assert, MillraceError, type Page, toMillraceError } from '../../spi/index.js'
import { PageEncoder } from '../arrow/page-encoder.js'
import type {
  BufferReader,
  OutputBuffer,
  OutputBufferKind,
  OutputBufferState,
  OutputBufferStatus,
} from '../output-buffer.js'
import type { OwnedPage } from '../owned-page.js'
import type { SpoolDirectory } from './spool-directory.js'
import { SpoolWriter } from './spool-writer.js'

export interface SpooledOutputBufferOptions {
  readonly kind: OutputBufferKind
  /** Of a partitioned or arbitrary buffer; pages of an arbitrary one go to the shortest file. */
  readonly partitionCount?: number
  readonly directory: SpoolDirectory
  readonly queryId: string
  /** The task's name without its attempt. */
  readonly task: string
  readonly attempt: number
  /** What may wait to be written; default 16 MiB. */
  readonly bufferBytesMax?: number
  readonly compress?: boolean
}

const DEFAULT_BUFFER_BYTES = 16 * 2 ** 20
const RESUME_FRACTION = 0.5

/** The file of a partition within a task's folder. */
export const spoolFile = (taskPath: string, partition: number): string =>
  join(taskPath, `${partition}.pages`)

/**
 * An output buffer on disk, for retry-policy=TASK: consumers read its files as often as they like once the attempt is
 * committed. Of several attempts of a task one is committed.
 */
export class SpooledOutputBuffer implements OutputBuffer {
  readonly kind: OutputBufferKind
  readonly #options: SpooledOutputBufferOptions
  readonly #encoder: PageEncoder
  readonly #writers: readonly SpoolWriter[]
  readonly #writtenBytes: number[]
  readonly #attemptPath: string
  readonly #bufferBytesMax: number
  #state: OutputBufferState = 'open'
  #failure: MillraceError | undefined
  #isFull = false
  #isCommitted = false
  #totalRows = 0
  #totalPages = 0
  #waiting: (() => void)[] = []
  readonly #stateListeners: ((state: OutputBufferState) => void)[] = []

  private constructor(options: SpooledOutputBufferOptions, attemptPath: string) {
    const count = options.kind === 'broadcast' ? 1 : (options.partitionCount ?? 0)
    assert(count > 0, 'a spooled buffer has partitions')
    this.kind = options.kind
    this.#options = options
    this.#attemptPath = attemptPath
    this.#bufferBytesMax = options.bufferBytesMax ?? DEFAULT_BUFFER_BYTES
    this.#encoder = new PageEncoder({ compress: options.compress ?? false })
    this.#writtenBytes = Array<number>(count).fill(0)
    this.#writers = Array.from(
      { length: count },
      (_, partition) =>
        new SpoolWriter(
          spoolFile(attemptPath, partition),
          () => this.#written(),
          (error) => this.fail(writeError(error)),
        ),
    )
  }

  static async create(options: SpooledOutputBufferOptions): Promise<SpooledOutputBuffer> {
    const { directory, queryId, task, attempt } = options
    try {
      return new SpooledOutputBuffer(options, await directory.createAttempt(queryId, task, attempt))
    } catch (error) {
      throw writeError(error)
    }
  }

  add(page: Page, partition = 0): boolean {
    assert(this.#state !== 'flushing' && this.#state !== 'finished', 'a page after finish')
    if (this.#state !== 'open') return true
    for (const encoded of this.#encoder.encode(page)) {
      const target = this.kind === 'arbitrary' ? this.#shortest() : partition
      const writer = this.#writers[this.kind === 'broadcast' ? 0 : target]
      assert(writer !== undefined, `no partition ${target}`)
      writer.add(encoded)
      this.#writtenBytes[target]! += encoded.body.bytes.length
      this.#totalPages += 1
    }
    this.#totalRows += page.rowCount
    if (this.#pendingBytes >= this.#bufferBytesMax) {
      this.#isFull = true
      // Each file may have gathered a little only: what makes the buffer full has to go.
      for (const writer of this.#writers) writer.flush()
    }
    return !this.#isFull
  }

  addOwned(page: OwnedPage, partition?: number): boolean {
    const hasRoom = this.add(page.page, partition)
    page.release()
    return hasRoom
  }

  get isFull(): boolean {
    return this.#isFull
  }

  ready(): Promise<void> {
    if (!this.#isFull || this.#state !== 'open') return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Consumers that are done with a spooled output do not end it: another attempt may read it. */
  get isAbandoned(): boolean {
    return this.#state === 'failed' || this.#state === 'aborted'
  }

  /** Whether this attempt's output is the task's; known once the state is `finished`. */
  get isCommitted(): boolean {
    return this.#isCommitted
  }

  /** Files are read when all of them are complete. */
  endPartition(): void {}

  finish(): void {
    if (this.#state !== 'open') return
    this.#setState('flushing')
    void this.#commit()
  }

  fail(error: MillraceError): void {
    this.#drop('failed', error)
  }

  destroy(): void {
    this.#drop('aborted', new MillraceError('ABANDONED_TASK', 'The output of the task was dropped'))
  }

  /** Readers of files need not be named. */
  setReaders(): void {}

  reader(bufferId: number): BufferReader {
    throw new MillraceError(
      'GENERIC_INTERNAL_ERROR',
      `A spooled output is read from its file, not by its buffer: ${bufferId}`,
    )
  }

  /** What the buffer failed with. */
  get failure(): MillraceError | undefined {
    return this.#failure
  }

  status(): OutputBufferStatus {
    return {
      kind: this.kind,
      state: this.#state,
      bufferedBytes: this.#pendingBytes,
      bufferedPages: 0,
      totalRows: this.#totalRows,
      totalPages: this.#totalPages,
      totalBytes: this.#writtenBytes.reduce((sum, bytes) => sum + bytes, 0),
      readers: [],
    }
  }

  onState(listener: (state: OutputBufferState) => void): void {
    this.#stateListeners.push(listener)
    listener(this.#state)
  }

  get #pendingBytes(): number {
    let bytes = 0
    for (const writer of this.#writers) bytes += writer.pendingBytes
    return bytes
  }

  #shortest(): number {
    let shortest = 0
    this.#writtenBytes.forEach((bytes, partition) => {
      if (bytes < this.#writtenBytes[shortest]!) shortest = partition
    })
    return shortest
  }

  async #commit(): Promise<void> {
    const { directory, queryId, task } = this.#options
    try {
      await Promise.all(this.#writers.map((writer) => writer.finish()))
      if (this.#state !== 'flushing') return
      this.#isCommitted = await directory.commit(queryId, task, this.#attemptPath)
      this.#setState('finished')
    } catch (error) {
      this.fail(writeError(error))
    }
  }

  #written(): void {
    if (!this.#isFull || this.#pendingBytes > this.#bufferBytesMax * RESUME_FRACTION) return
    this.#isFull = false
    this.#wake()
  }

  #drop(state: 'failed' | 'aborted', error: MillraceError): void {
    if (this.#state !== 'open' && this.#state !== 'flushing') return
    this.#failure = error
    this.#setState(state)
    this.#isFull = false
    this.#wake()
    void this.#delete()
  }

  /** What stays behind is deleted with the query's folder. */
  async #delete(): Promise<void> {
    await Promise.allSettled(this.#writers.map((writer) => writer.close()))
    await rm(this.#attemptPath, { recursive: true, force: true }).catch(() => {})
  }

  #setState(state: OutputBufferState): void {
    this.#state = state
    for (const listener of this.#stateListeners) listener(state)
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

function writeError(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC') {
    return new MillraceError('OUT_OF_SPILL_SPACE', 'No space left for the outputs of tasks', {
      hint: 'Free space under exchange.base-directories',
      cause: error,
    })
  }
  if (code === 'ENOENT' || code === 'EACCES') {
    return new MillraceError(
      'GENERIC_INTERNAL_ERROR',
      `The output of a task can't be written: ${toMillraceError(error).message}`,
      {
        hint: 'exchange.base-directories must be the same place for all nodes, and theirs to write to',
        cause: error,
      },
    )
  }
  return toMillraceError(error)
}
