import type { ConnectorTypes } from './connector-types.js'
import type { DynamicFilter } from './dynamic-filter.js'
import type { Constraint } from './pushdown.js'
import type { Awaitable } from './schema.js'
import type { ConnectorSession } from './session.js'

/** A part of a table that one driver reads: plain data. A connector's own splits extend it. @source Trino ConnectorSplit */
export interface ConnectorSplit {
  /** Nodes to run it on; with `remotelyAccessible: false` nowhere else. */
  readonly addresses?: readonly string[]
  /** Absent means true. */
  readonly remotelyAccessible?: boolean
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

/** A split source over an iterable that is read as splits are asked for and returned on close. */
export function lazySplitSource<Split extends ConnectorSplit>(
  splits: Iterable<Split> | AsyncIterable<Split>,
): ConnectorSplitSource<Split> {
  const iterator =
    Symbol.asyncIterator in splits ? splits[Symbol.asyncIterator]() : splits[Symbol.iterator]()
  return {
    async getNextBatch(maxSize) {
      const batch: Split[] = []
      while (batch.length < maxSize) {
        const step = await iterator.next()
        if (step.done) return { splits: batch, noMoreSplits: true }
        batch.push(step.value)
      }
      return { splits: batch, noMoreSplits: false }
    },
    async close() {
      await iterator.return?.()
    },
  }
}
