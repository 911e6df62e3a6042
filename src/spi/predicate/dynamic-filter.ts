import type { TupleDomain } from './tuple-domain.js'

/**
 * What a running join has learnt so far about the rows of a scan that can match: rows outside of
 * `getCurrentPredicate()` may be dropped. It only ever gets narrower.
 * @source Trino DynamicFilter
 */
export interface DynamicFilter<Column = unknown> {
  readonly columnsCovered: readonly Column[]
  /** Resolves when the predicate may have become narrower, at once where it no longer can. */
  isBlocked(): Promise<void>
  isComplete(): boolean
  /** False: waiting for {@link isBlocked} is of no use, though the filter may not be complete. */
  isAwaitable(): boolean
  getCurrentPredicate(): TupleDomain<Column>
}

/** The dynamic filter of a scan that no join narrows. */
export const EMPTY_DYNAMIC_FILTER: DynamicFilter<never> = Object.freeze({
  columnsCovered: [],
  isBlocked: () => Promise.resolve(),
  isComplete: () => true,
  isAwaitable: () => false,
  getCurrentPredicate: () => ({ columnDomains: [] }),
})
