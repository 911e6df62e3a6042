import type { Value } from '../value.js'

/** An interval of values that are not null; an absent end is unbounded. @source Trino Range */
export interface Range {
  readonly low?: Value
  readonly lowInclusive: boolean
  readonly high?: Value
  readonly highInclusive: boolean
}
