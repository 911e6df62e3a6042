import type { SqlType } from '../type.js'
import type { Value } from '../value.js'
import type { Range } from './range.js'

/**
 * A set of values of one type, none of them null. Orderable types use ranges, types that only compare for equality
 * a list of values, others all or none.
 * @source Trino ValueSet: SortedRangeSet, EquatableValueSet, AllOrNoneValueSet
 */
export type ValueSet = RangeSet | DiscreteSet | AllOrNoneSet

/** Ranges ascend, don't overlap and don't touch. None: the empty set. */
export interface RangeSet {
  readonly kind: 'ranges'
  readonly type: SqlType
  readonly ranges: readonly Range[]
}
/** The values, or with `inclusive: false` all others. */
export interface DiscreteSet {
  readonly kind: 'values'
  readonly type: SqlType
  readonly inclusive: boolean
  readonly values: readonly Value[]
}
export interface AllOrNoneSet {
  readonly kind: 'allOrNone'
  readonly type: SqlType
  readonly all: boolean
}
