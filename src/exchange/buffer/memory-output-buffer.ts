import { assert, MillraceError, type Page } from '../../spi/index.js'
import type { EncodedPage } from '../arrow/page-encoder.js'
import { GrowingBound } from '../growing-bound.js'
import type {
  BufferReader,
  OutputBuffer,
  OutputBufferKind,
  OutputBufferState,
  OutputBufferStatus,
} from '../output-buffer.js'
import type { OwnedPage } from '../owned-page.js'
import { MemoryReader, type ReaderSource } from './memory-reader.js'
import { PageQueue } from './page-queue.js'
import { PageForms, SharedPage } from './shared-page.js'

export interface MemoryOutputBufferOptions {
  readonly kind: OutputBufferKind
  /** Of a partitioned buffer. */
  readonly partitionCount?: number
  /** Absent: 32 MiB where readers are fast, less where they are not (sink.max-buffer-size). */
  readonly bufferBytesMax?: number
  /** Whether pages for other nodes are compressed; default: no (session property exchange_compression_codec). */
  readonly compress?: boolean
}

const DEFAULT_BUFFER_BYTES = 32 * 2 ** 20
/** Of the bound: below this a full buffer takes pages again, so that producers wake for more than one page. */
const RESUME_FRACTION = 0.5

/** An output buffer in the memory of its thread: what retry-policy NONE and QUERY use. */
export class MemoryOutputBuffer implements OutputBuffer {
  readonly kind: OutputBufferKind
  readonly #bound: GrowingBound
  readonly #readers = new Map<number, MemoryReader>()
  readonly #source: ReaderSource
  readonly #forms: PageForms
  /** Arbitrary: pages for whoever comes first. Broadcast: all pages, while readers are yet to be named. */
  readonly #common = new PageQueue()
  #noMoreReaders: boolean
  #state: OutputBufferState = 'open'
  #failure: MillraceError | undefined
  #bufferedBytes = 0
  #bufferedPages = 0
  #totalRows = 0
  #totalPages = 0
  #totalBytes = 0
  #isFull = false
  /** Since it was empty. */
  #wasFull = false
  #waiting: (() => void)[] = []
  readonly #stateListeners: ((state: OutputBufferState) => void)[] = []

  constructor(options: MemoryOutputBufferOptions) {
    this.kind = options.kind
    const { bufferBytesMax } = options
    this.#bound =
      bufferBytesMax === undefined
        ? new GrowingBound(DEFAULT_BUFFER_BYTES)
        : new GrowingBound(bufferBytesMax, bufferBytesMax)
    this.#forms = new PageForms({ compress: options.compress ?? false })
    this.#noMoreReaders = this.kind === 'partitioned'
    this.#source = {
      takeShared: () => (this.kind === 'arbitrary' ? this.#common.shift() : undefined),
      mayGrow: () =>
        this.#state === 'open' || (this.kind === 'arbitrary' && this.#common.length > 0),
      failure: () => this.#failure,
      readerDone: () => this.#readerDone(),
    }
    if (this.kind !== 'partitioned') return
    const count = options.partitionCount ?? 0
    assert(count > 0, 'a partitioned buffer has partitions')
    for (let id = 0; id < count; id++) this.#readers.set(id, new MemoryReader(id, this.#source))
  }

  get failure(): MillraceError | undefined {
    return this.#failure
  }

  add(page: Page, partition?: number): boolean {
    if (this.#wants(partition)) {
      // Its bytes as they will be sent are the copy.
      for (const encoded of this.#forms.encoder.encode(page)) this.#take(encoded, partition)
    }
    return !this.#isFull
  }

  addOwned(owned: OwnedPage, partition?: number): boolean {
    if (this.#wants(partition)) this.#take(owned, partition)
    else owned.release()
    return !this.#isFull
  }

  get isFull(): boolean {
    return this.#isFull
  }

  ready(): Promise<void> {
    if (!this.#isFull || this.#state !== 'open' || this.isAbandoned) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  get isAbandoned(): boolean {
    if (this.#state === 'failed' || this.#state === 'aborted') return true
    return this.#state === 'open' && this.#everyReaderDone()
  }

  endPartition(partition: number): void {
    assert(this.kind === 'partitioned', 'a partition of a partitioned buffer')
    this.#readers.get(partition)!.complete()
  }

  finish(): void {
    if (this.#state !== 'open') return
    this.#setState('flushing')
    this.#finishIfDone()
    for (const reader of this.#readers.values()) reader.wake()
  }

  fail(error: MillraceError): void {
    this.#drop('failed', error)
  }

  destroy(): void {
    this.#drop('aborted', new MillraceError('ABANDONED_TASK', 'The output of the task was dropped'))
  }

  setReaders(bufferIds: readonly number[], noMore: boolean): void {
    for (const id of bufferIds) {
      if (this.#readers.has(id)) continue
      assert(!this.#noMoreReaders, `no buffer ${id}`)
      const reader = new MemoryReader(id, this.#source)
      this.#readers.set(id, reader)
      if (this.kind === 'broadcast') {
        this.#common.forEach((page) => {
          reader.push(page.hold())
        })
      }
    }
    if (!noMore || this.#noMoreReaders) return
    this.#noMoreReaders = true
    if (this.kind === 'broadcast') for (const page of this.#common.clear()) page.release()
    if (this.#everyReaderDone()) this.#readerDone()
  }

  reader(bufferId: number): BufferReader {
    const reader = this.#readers.get(bufferId)
    if (reader === undefined) {
      throw new MillraceError('GENERIC_INTERNAL_ERROR', `The task has no output buffer ${bufferId}`)
    }
    return reader
  }

  status(): OutputBufferStatus {
    return {
      kind: this.kind,
      state: this.#state,
      bufferedBytes: this.#bufferedBytes,
      bufferedPages: this.#bufferedPages,
      totalRows: this.#totalRows,
      totalPages: this.#totalPages,
      totalBytes: this.#totalBytes,
      readers: [...this.#readers.values()].map((reader) => reader.status()),
    }
  }

  onState(listener: (state: OutputBufferState) => void): void {
    this.#stateListeners.push(listener)
    listener(this.#state)
  }

  /** Whether a page for the partition would reach anyone. */
  #wants(partition: number | undefined): boolean {
    if (this.#state !== 'open' || this.isAbandoned) {
      assert(this.#state !== 'flushing' && this.#state !== 'finished', 'a page after finish')
      return false
    }
    if (this.kind !== 'partitioned') return true
    const reader = this.#readers.get(partition ?? -1)
    assert(reader !== undefined, `no partition ${partition}`)
    return !reader.isDone
  }

  #take(source: OwnedPage | EncodedPage, partition: number | undefined): void {
    // Held while it is handed out: a reader may be done with it at once.
    const page = new SharedPage(source, this.#forms, (released) => this.#released(released)).hold()
    this.#totalRows += page.rowCount
    this.#totalPages += 1
    this.#totalBytes += page.byteLength
    this.#bufferedBytes += page.byteLength
    this.#bufferedPages += 1
    if (this.#bufferedBytes >= this.#bound.bytes) {
      this.#isFull = true
      this.#wasFull = true
    }
    this.#place(page, partition)
    page.release()
  }

  #place(page: SharedPage, partition: number | undefined): void {
    if (this.kind === 'partitioned') {
      this.#readers.get(partition!)!.push(page.hold())
      return
    }
    if (this.kind === 'broadcast') {
      if (!this.#noMoreReaders) this.#common.push(page.hold())
      for (const reader of this.#readers.values()) reader.push(page.hold())
      return
    }
    this.#common.push(page.hold())
    for (const reader of this.#readers.values()) {
      if (this.#common.length === 0) break
      reader.wake()
    }
  }

  #released(page: SharedPage): void {
    this.#bufferedBytes -= page.byteLength
    this.#bufferedPages -= 1
    this.#bound.passed(page.byteLength)
    if (this.#wasFull && this.#bufferedBytes === 0) {
      this.#wasFull = false
      this.#bound.ranDry()
    }
    if (!this.#isFull || this.#bufferedBytes > this.#bound.bytes * RESUME_FRACTION) return
    this.#isFull = false
    this.#wake()
  }

  #everyReaderDone(): boolean {
    if (!this.#noMoreReaders) return false
    for (const reader of this.#readers.values()) if (!reader.isDone) return false
    return true
  }

  #readerDone(): void {
    if (!this.#everyReaderDone()) return
    for (const page of this.#common.clear()) page.release()
    this.#finishIfDone()
    this.#wake()
  }

  #finishIfDone(): void {
    if (this.#state === 'flushing' && this.#everyReaderDone()) this.#setState('finished')
  }

  #drop(state: 'failed' | 'aborted', error: MillraceError): void {
    if (this.#state !== 'open' && this.#state !== 'flushing') return
    this.#failure = error
    this.#setState(state)
    for (const page of this.#common.clear()) page.release()
    for (const reader of this.#readers.values()) reader.drop()
    for (const reader of this.#readers.values()) reader.wake()
    this.#wake()
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
