import { assert } from '../assert.js'
import type { SqlType } from '../type/type.js'
import type { Value } from '../type/value.js'
import { compareValues } from '../type/value-compare.js'

/**
 * An interval of values that are not null, in the order of {@link compareValues}; an absent end is unbounded. REAL
 * and DOUBLE have NaN as their greatest value, so that set algebra is exact; since SQL's `x > 1` is false
 * for NaN, {@link rangeGreaterThan} and its like end at Infinity, inclusive.
 * @source Trino Range
 */
export interface Range {
  readonly low?: Value
  readonly lowInclusive: boolean
  readonly high?: Value
  readonly highInclusive: boolean
}

const isFloat = (type: SqlType): boolean => type.kind === 'real' || type.kind === 'double'
const sqlGreatest = (type: SqlType): Pick<Range, 'high' | 'highInclusive'> =>
  isFloat(type) ? { high: Number.POSITIVE_INFINITY, highInclusive: true } : { highInclusive: false }

export const RANGE_ALL: Range = Object.freeze({ lowInclusive: false, highInclusive: false })
export const rangeEqual = (value: Value): Range => {
  assert(value !== null, 'a range of NULL')
  return { low: value, lowInclusive: true, high: value, highInclusive: true }
}
export const rangeGreaterThan = (type: SqlType, value: Value): Range => ({
  low: value,
  lowInclusive: false,
  ...sqlGreatest(type),
})
export const rangeGreaterThanOrEqual = (type: SqlType, value: Value): Range => ({
  low: value,
  lowInclusive: true,
  ...sqlGreatest(type),
})
export const rangeLessThan = (value: Value): Range => ({
  lowInclusive: false,
  high: value,
  highInclusive: false,
})
export const rangeLessThanOrEqual = (value: Value): Range => ({
  lowInclusive: false,
  high: value,
  highInclusive: true,
})
/** @returns undefined where the range would be empty. */
export function rangeBetween(
  type: SqlType,
  low: Value,
  lowInclusive: boolean,
  high: Value,
  highInclusive: boolean,
): Range | undefined {
  const range = { low, lowInclusive, high, highInclusive }
  return isEmptyRange(type, range) ? undefined : range
}

export const isAllRange = (range: Range): boolean =>
  range.low === undefined && range.high === undefined

export const isSingleValueRange = (type: SqlType, range: Range): boolean =>
  range.low !== undefined &&
  range.high !== undefined &&
  range.lowInclusive &&
  range.highInclusive &&
  compareValues(type, range.low, range.high) === 0

export function isEmptyRange(type: SqlType, range: Range): boolean {
  if (range.low === undefined || range.high === undefined) return false
  const order = compareValues(type, range.low, range.high)
  return order > 0 || (order === 0 && !(range.lowInclusive && range.highInclusive))
}

/** Orders ranges by where they begin. */
export function compareLows(type: SqlType, a: Range, b: Range): number {
  if (a.low === undefined || b.low === undefined) {
    return (a.low === undefined ? 0 : 1) - (b.low === undefined ? 0 : 1)
  }
  const order = compareValues(type, a.low, b.low)
  return order !== 0 ? order : (a.lowInclusive ? 0 : 1) - (b.lowInclusive ? 0 : 1)
}

/** Orders ranges by where they end. */
export function compareHighs(type: SqlType, a: Range, b: Range): number {
  if (a.high === undefined || b.high === undefined) {
    return (a.high === undefined ? 1 : 0) - (b.high === undefined ? 1 : 0)
  }
  const order = compareValues(type, a.high, b.high)
  return order !== 0 ? order : (a.highInclusive ? 1 : 0) - (b.highInclusive ? 1 : 0)
}

/** Where the end of `a` lies to the start of `b`: negative: values between; 0: they touch without overlap; positive: overlap. */
function compareHighToLow(type: SqlType, a: Range, b: Range): number {
  if (a.high === undefined || b.low === undefined) return 1
  const order = compareValues(type, a.high, b.low)
  if (order !== 0) return order
  return (a.highInclusive ? 1 : 0) + (b.lowInclusive ? 1 : 0) - 1
}

export const rangesOverlap = (type: SqlType, a: Range, b: Range): boolean =>
  compareHighToLow(type, a, b) > 0 && compareHighToLow(type, b, a) > 0

/** Tells whether the union of two ranges is one range. */
export const rangesConnect = (type: SqlType, a: Range, b: Range): boolean =>
  compareHighToLow(type, a, b) >= 0 && compareHighToLow(type, b, a) >= 0

const withLow = (of: Range): Pick<Range, 'low' | 'lowInclusive'> =>
  of.low === undefined ? { lowInclusive: false } : { low: of.low, lowInclusive: of.lowInclusive }
const withHigh = (of: Range): Pick<Range, 'high' | 'highInclusive'> =>
  of.high === undefined
    ? { highInclusive: false }
    : { high: of.high, highInclusive: of.highInclusive }

/** The values in both; undefined where there are none. */
export function intersectRanges(type: SqlType, a: Range, b: Range): Range | undefined {
  if (!rangesOverlap(type, a, b)) return undefined
  return {
    ...withLow(compareLows(type, a, b) > 0 ? a : b),
    ...withHigh(compareHighs(type, a, b) < 0 ? a : b),
  }
}

/** The smallest range that holds both. */
export function spanRanges(type: SqlType, a: Range, b: Range): Range {
  return {
    ...withLow(compareLows(type, a, b) < 0 ? a : b),
    ...withHigh(compareHighs(type, a, b) > 0 ? a : b),
  }
}

export const rangeContains = (type: SqlType, outer: Range, inner: Range): boolean =>
  compareLows(type, outer, inner) <= 0 && compareHighs(type, outer, inner) >= 0

/** Negative where a value lies before a range, positive where after, 0 where in it. */
export function compareValueToRange(type: SqlType, value: Value, range: Range): number {
  if (range.low !== undefined) {
    const order = compareValues(type, value, range.low)
    if (order < 0 || (order === 0 && !range.lowInclusive)) return -1
  }
  if (range.high !== undefined) {
    const order = compareValues(type, value, range.high)
    if (order > 0 || (order === 0 && !range.highInclusive)) return 1
  }
  return 0
}

/** The values between the end of `before` and the start of `after`; an absent one is the end of the line. */
export function rangeBetweenRanges(
  type: SqlType,
  before: Range | undefined,
  after: Range | undefined,
): Range | undefined {
  if (before !== undefined && before.high === undefined) return undefined
  if (after !== undefined && after.low === undefined) return undefined
  const gap: Range = {
    ...(before?.high === undefined
      ? { lowInclusive: false }
      : { low: before.high, lowInclusive: !before.highInclusive }),
    ...(after?.low === undefined
      ? { highInclusive: false }
      : { high: after.low, highInclusive: !after.lowInclusive }),
  }
  return isEmptyRange(type, gap) ? undefined : gap
}
