import type { MillraceError, Page } from '../spi/index.js'
import type { EncodedPage } from './arrow/page-encoder.js'
import type { OwnedPage } from './owned-page.js'

/**
 * partitioned: each page goes to the reader of its partition; broadcast: each page goes to every reader; arbitrary: each
 * page goes to one reader, whichever asks first.
 */
export type OutputBufferKind = 'partitioned' | 'broadcast' | 'arbitrary'

/**
 * open: takes pages; flushing: no more pages come, readers have yet to get some; finished: every reader has all;
 * failed, aborted: dropped. @source Trino BufferState
 */
export type OutputBufferState = 'open' | 'flushing' | 'finished' | 'failed' | 'aborted'

export interface OutputBufferStatus {
  readonly kind: OutputBufferKind
  readonly state: OutputBufferState
  readonly bufferedBytes: number
  readonly bufferedPages: number
  readonly totalRows: number
  readonly totalPages: number
  readonly totalBytes: number
  readonly readers: readonly ReaderStatus[]
}

export interface ReaderStatus {
  readonly bufferId: number
  readonly bufferedPages: number
  readonly sentPages: number
  /** Whether the reader has everything, or left. */
  readonly done: boolean
}

/** The producer's end of an exchange, whatever channels lead from it: between threads, within a process, between nodes or through files. */
export interface PageOutput {
  /**
   * Takes a page for a partition, where the output has any; the page is borrowed until the call returns.
   * @returns false when the output is full: no further page before {@link ready} resolves
   */
  add(page: Page, partition?: number): boolean
  readonly isFull: boolean
  /** Resolves when there is room again, or when pages are no longer wanted; never rejects. */
  ready(): Promise<void>
  /** True once no reader wants a page any more: the producer can stop early. */
  readonly isAbandoned: boolean
  /** No more pages come; readers get the rest and then the end. Idempotent. */
  finish(): void
  /** Readers get the error instead of what they have not read yet. */
  fail(error: MillraceError): void
}

/**
 * A task's output, bounded in bytes, waiting for the tasks that consume it. It lives in one thread. Pages are counted from
 * `add` until every reader they are for has released them; of pages cut of one, which are added one after another, all are taken, so
 * that the buffer holds at most its bound and those.
 * @source Trino OutputBuffer
 */
export interface OutputBuffer extends PageOutput {
  readonly kind: OutputBufferKind
  /** As `add` without copying: the buffer releases the page when no reader needs it any more. */
  addOwned(page: OwnedPage, partition?: number): boolean
  /** No more pages come for a partition (partitioned only): its reader may get to the end before the others do. */
  endPartition(partition: number): void
  /** What the buffer failed with: what it was told, or why it could not keep its pages. */
  readonly failure: MillraceError | undefined
  /** Drops everything. Readers that are not at the end get ABANDONED_TASK. Idempotent. */
  destroy(): void
  /**
   * Names readers of broadcast and arbitrary buffers; known ones may be named again. `noMore`: no further reader comes,
   * so that what all have read can be dropped.
   */
  setReaders(bufferIds: readonly number[], noMore: boolean): void
  /**
   * The reader of a buffer id: the same object each time, so that a consumer that comes again goes on.
   * @throws GENERIC_INTERNAL_ERROR for an id that does not exist
   */
  reader(bufferId: number): BufferReader
  status(): OutputBufferStatus
  /** Calls back with the state, now and whenever it changes. */
  onState(listener: (state: OutputBufferState) => void): void
}

/** A page in an output buffer. */
export interface BufferedPage extends OwnedPage {
  /** What is sent for it to other nodes; made once for all readers. */
  encoded(): readonly EncodedPage[]
}

/** One consumer's side of an output buffer. */
export interface BufferReader {
  readonly bufferId: number
  /**
   * The next page, or undefined while there is none. It is the caller's, who releases it; until then the buffer counts it.
   * @throws what the buffer failed with
   */
  next(): BufferedPage | undefined
  /** What `next` would throw. */
  readonly failure: MillraceError | undefined
  /** True once every page was read and none comes. */
  readonly isEnded: boolean
  /** The consumer has got everything up to the end. */
  finish(): void
  /** The consumer wants no more: what is left for it is dropped. Idempotent. */
  abort(): void
  /** The one listener that is told when `next` or `isEnded` may have changed; called at once. */
  onReadable(listener: () => void): void
}
