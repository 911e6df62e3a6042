import type { MillraceError } from '../../spi/index.js'
import type { BufferReader, ReaderStatus } from '../output-buffer.js'
import { PageQueue } from './page-queue.js'
import type { SharedPage } from './shared-page.js'

/** What a reader needs of its buffer. */
export interface ReaderSource {
  /** A page of the queue that all readers share; undefined where there is none (arbitrary buffers only). */
  takeShared(): SharedPage | undefined
  /** Whether more pages may come for this reader. */
  mayGrow(): boolean
  failure(): MillraceError | undefined
  /** The reader has everything or has left. */
  readerDone(): void
}

/** A reader of an output buffer in memory. */
export class MemoryReader implements BufferReader {
  readonly bufferId: number
  readonly #source: ReaderSource
  readonly #queue = new PageQueue()
  #sentPages = 0
  #done = false
  #isComplete = false
  #listener: (() => void) | undefined

  constructor(bufferId: number, source: ReaderSource) {
    this.bufferId = bufferId
    this.#source = source
  }

  /** Takes a page that the caller holds for this reader; one that left lets it go. */
  push(page: SharedPage): void {
    if (this.#done) page.release()
    else {
      this.#queue.push(page)
      this.wake()
    }
  }

  /** What it has now is all that comes for it. */
  complete(): void {
    this.#isComplete = true
    this.wake()
  }

  wake(): void {
    this.#listener?.()
  }

  get failure(): MillraceError | undefined {
    return this.#source.failure()
  }

  next(): SharedPage | undefined {
    const { failure } = this
    if (failure !== undefined) throw failure
    if (this.#done) return undefined
    const page = this.#queue.shift() ?? this.#source.takeShared()
    if (page !== undefined) this.#sentPages += 1
    return page
  }

  get isEnded(): boolean {
    return (
      this.#done ||
      (this.#source.failure() === undefined &&
        this.#queue.length === 0 &&
        (this.#isComplete || !this.#source.mayGrow()))
    )
  }

  get isDone(): boolean {
    return this.#done
  }

  finish(): void {
    this.abort()
  }

  abort(): void {
    if (this.#done) return
    this.#done = true
    this.drop()
    this.#source.readerDone()
    this.wake()
  }

  /** Lets the pages that nobody took go. */
  drop(): void {
    for (const page of this.#queue.clear()) page.release()
  }

  onReadable(listener: () => void): void {
    this.#listener = listener
    listener()
  }

  status(): ReaderStatus {
    return {
      bufferId: this.bufferId,
      bufferedPages: this.#queue.length,
      sentPages: this.#sentPages,
      done: this.#done,
    }
  }
}
