import type { Constraint } from '../metadata/pushdown.js'
import type { Awaitable } from '../metadata/schema.js'
import type { DynamicFilter } from '../predicate/dynamic-filter.js'
import type { ConnectorTypes } from './connector-types.js'
import type { ConnectorSession } from './session.js'

/** A part of a table that one driver reads: plain data. A connector's own splits extend it. @source Trino ConnectorSplit */
export interface ConnectorSplit {
  /** Nodes to run it on; with `remotelyAccessible: false` nowhere else. */
  readonly addresses?: readonly string[]
  /** Absent means true. */
  readonly remotelyAccessible?: boolean
  /**
   * The partition that its rows are in, from 0, where the table is partitioned; all splits of a partition go to one node, where
   * those of equally partitioned tables are joined. An extension.
   */
  readonly partitionNumber?: number
  /** 1 is a split of usual size; at least 0.01. */
  readonly weight?: number
  /** Estimates, for choosing how to run. */
  readonly estimatedRows?: number
  readonly estimatedBytes?: number
}

/** @source Trino ConnectorSplitSource.ConnectorSplitBatch */
export interface ConnectorSplitBatch<Split extends ConnectorSplit = ConnectorSplit> {
  readonly splits: readonly Split[]
  readonly noMoreSplits: boolean
}

/** Enumerates splits lazily; the engine asks for the next batch when it needs one. @source Trino ConnectorSplitSource */
export interface ConnectorSplitSource<Split extends ConnectorSplit = ConnectorSplit> {
  /** At most `maxSize` splits; may be called again only after the last answer, and not after noMoreSplits. */
  getNextBatch(maxSize: number): Awaitable<ConnectorSplitBatch<Split>>
  /** Called exactly once, whether or not all splits were taken. */
  close(): Awaitable<void>
}

/** @source Trino ConnectorSplitManager */
export interface ConnectorSplitManager<T extends ConnectorTypes = ConnectorTypes> {
  getSplits(
    transaction: T['transaction'],
    session: ConnectorSession,
    table: T['table'],
    dynamicFilter: DynamicFilter<T['column']>,
    constraint: Constraint<T['column']>,
    signal: AbortSignal,
  ): Awaitable<ConnectorSplitSource<T['split']>>
  /** The splits of a table function's processor. */
  getTableFunctionSplits?(
    transaction: T['transaction'],
    session: ConnectorSession,
    handle: T['tableFunction'],
    signal: AbortSignal,
  ): Awaitable<ConnectorSplitSource<T['split']>>
}

/** A split source over a list that is known at once. @source Trino FixedSplitSource */
export function fixedSplitSource<Split extends ConnectorSplit>(
  splits: readonly Split[],
): ConnectorSplitSource<Split> {
  let next = 0
  return {
    getNextBatch(maxSize) {
      const batch = splits.slice(next, next + maxSize)
      next += batch.length
      return { splits: batch, noMoreSplits: next >= splits.length }
    },
    close() {
      next = splits.length
    },
  }
}

/** A batch of splits that take long to find is handed over after this time, once it has one: rows come before all are found. */
const BATCH_MILLIS_MAX = 10

/** A time that may be waited for; its timer is made by the first who does. */
class Deadline {
  readonly #millis: number
  #timer: NodeJS.Timeout | undefined
  #passed: Promise<undefined> | undefined

  constructor(millis: number) {
    this.#millis = millis
  }
  passed(): Promise<undefined> {
    this.#passed ??= new Promise((resolve) => {
      this.#timer = setTimeout(resolve, this.#millis, undefined)
    })
    return this.#passed
  }
  clear(): void {
    clearTimeout(this.#timer)
  }
}

/** A split source over an iterable that is read as splits are asked for and returned on close. */
export function lazySplitSource<Split extends ConnectorSplit>(
  splits: Iterable<Split> | AsyncIterable<Split>,
): ConnectorSplitSource<Split> {
  const iterator =
    Symbol.asyncIterator in splits ? splits[Symbol.asyncIterator]() : splits[Symbol.iterator]()
  /** Asked for and not yet there when the last batch was handed over. */
  let pending: Promise<IteratorResult<Split>> | undefined
  return {
    async getNextBatch(maxSize) {
      const batch: Split[] = []
      const deadline = new Deadline(BATCH_MILLIS_MAX)
      try {
        while (batch.length < maxSize) {
          const next = pending ?? iterator.next()
          pending = undefined
          const step =
            batch.length > 0 && next instanceof Promise
              ? await Promise.race([next, deadline.passed()])
              : await next
          if (step === undefined) {
            pending = Promise.resolve(next)
            // Whoever asks for the next batch hears of it.
            pending.catch(() => {})
            return { splits: batch, noMoreSplits: false }
          }
          if (step.done) return { splits: batch, noMoreSplits: true }
          batch.push(step.value)
        }
        return { splits: batch, noMoreSplits: false }
      } finally {
        deadline.clear()
      }
    },
    async close() {
      await iterator.return?.()
    },
  }
}
