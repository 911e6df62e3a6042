import { assert } from '../assert.js'
import { type SqlType, typesEqual } from '../type/type.js'
import type { Value } from '../type/value.js'
import { compareValues, isComparable, isOrderable, valueKey } from '../type/value-compare.js'
import {
  compareHighs,
  compareLows,
  compareValueToRange,
  intersectRanges,
  isAllRange,
  isSingleValueRange,
  RANGE_ALL,
  type Range,
  rangeBetweenRanges,
  rangeEqual,
  rangesConnect,
  spanRanges,
} from './range.js'

/**
 * A set of values of one type, none of them null. Orderable types use ranges, types that only compare for equality
 * a list of values, others all or none. Plain data; the algebra below is exact.
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
  /** Distinct. */
  readonly values: readonly Value[]
}
export interface AllOrNoneSet {
  readonly kind: 'allOrNone'
  readonly type: SqlType
  readonly all: boolean
}

export function allValues(type: SqlType): ValueSet {
  if (isOrderable(type)) return { kind: 'ranges', type, ranges: [RANGE_ALL] }
  if (isComparable(type)) return { kind: 'values', type, inclusive: false, values: [] }
  return { kind: 'allOrNone', type, all: true }
}

export function noValues(type: SqlType): ValueSet {
  if (isOrderable(type)) return { kind: 'ranges', type, ranges: [] }
  if (isComparable(type)) return { kind: 'values', type, inclusive: true, values: [] }
  return { kind: 'allOrNone', type, all: false }
}

/** The set of the given values, in any order and with repetitions. O(n log n). */
export function valueSetOf(type: SqlType, values: Iterable<Value>): ValueSet {
  if (isOrderable(type)) {
    const sorted = [...values].sort((a, b) => compareValues(type, a, b))
    const distinct = sorted.filter(
      (v, i) => i === 0 || compareValues(type, sorted[i - 1]!, v) !== 0,
    )
    return { kind: 'ranges', type, ranges: distinct.map(rangeEqual) }
  }
  assert(isComparable(type), 'values of a type without equality')
  return { kind: 'values', type, inclusive: true, values: distinctValues(type, values) }
}

/** The union of ranges of an orderable type, in any order. O(n log n). */
export function valueSetOfRanges(type: SqlType, ranges: Iterable<Range>): RangeSet {
  assert(isOrderable(type), 'ranges of a type without order')
  const sorted = [...ranges].sort((a, b) => compareLows(type, a, b))
  return { kind: 'ranges', type, ranges: mergeSorted(type, sorted) }
}

/** Joins neighbours that overlap or touch. */
function mergeSorted(type: SqlType, sorted: Iterable<Range>): Range[] {
  const merged: Range[] = []
  for (const range of sorted) {
    const last = merged[merged.length - 1]
    if (last !== undefined && rangesConnect(type, last, range)) {
      merged[merged.length - 1] = spanRanges(type, last, range)
    } else merged.push(range)
  }
  return merged
}

function distinctValues(type: SqlType, values: Iterable<Value>): Value[] {
  const byKey = new Map<string, Value>()
  for (const value of values) {
    assert(value !== null, 'a set with NULL')
    const key = valueKey(type, value)
    if (!byKey.has(key)) byKey.set(key, value)
  }
  return [...byKey.values()]
}

export function isAllValues(set: ValueSet): boolean {
  switch (set.kind) {
    case 'ranges':
      return set.ranges.length === 1 && isAllRange(set.ranges[0]!)
    case 'values':
      return !set.inclusive && set.values.length === 0
    case 'allOrNone':
      return set.all
  }
}

export function isNoValues(set: ValueSet): boolean {
  switch (set.kind) {
    case 'ranges':
      return set.ranges.length === 0
    case 'values':
      return set.inclusive && set.values.length === 0
    case 'allOrNone':
      return !set.all
  }
}

/** The values of a set that is a list of values; undefined for one that is not. */
export function discreteValues(set: ValueSet): readonly Value[] | undefined {
  switch (set.kind) {
    case 'ranges':
      if (!set.ranges.every((range) => isSingleValueRange(set.type, range))) return undefined
      return set.ranges.map((range) => range.low!)
    case 'values':
      return set.inclusive ? set.values : undefined
    case 'allOrNone':
      return set.all ? undefined : []
  }
}

/** The one value of a set; undefined where it has none or more. */
export function singleValue(set: ValueSet): Value | undefined {
  const values = discreteValues(set)
  return values?.length === 1 ? values[0] : undefined
}

/** O(log n) for ranges, O(n) for lists. */
export function containsValue(set: ValueSet, value: Value): boolean {
  assert(value !== null, 'NULL in a value set')
  switch (set.kind) {
    case 'ranges': {
      let low = 0
      let high = set.ranges.length - 1
      while (low <= high) {
        const middle = (low + high) >>> 1
        const order = compareValueToRange(set.type, value, set.ranges[middle]!)
        if (order === 0) return true
        if (order < 0) high = middle - 1
        else low = middle + 1
      }
      return false
    }
    case 'values': {
      const key = valueKey(set.type, value)
      return set.values.some((v) => valueKey(set.type, v) === key) === set.inclusive
    }
    case 'allOrNone':
      return set.all
  }
}

function checkTypes(a: ValueSet, b: ValueSet): void {
  assert(a.kind === b.kind && typesEqual(a.type, b.type), 'value sets of two types')
}

/** O(n + m). */
export function intersectValueSets(a: ValueSet, b: ValueSet): ValueSet {
  checkTypes(a, b)
  if (a.kind === 'ranges' && b.kind === 'ranges') return intersectRangeSets(a, b)
  if (a.kind === 'values' && b.kind === 'values') return intersectDiscrete(a, b)
  return { kind: 'allOrNone', type: a.type, all: isAllValues(a) && isAllValues(b) }
}

/** O(n + m). */
export function uniteValueSets(a: ValueSet, b: ValueSet): ValueSet {
  checkTypes(a, b)
  if (a.kind === 'ranges' && b.kind === 'ranges') return uniteRangeSets(a, b)
  if (a.kind === 'values' && b.kind === 'values') {
    return complementValueSet(
      intersectDiscrete({ ...a, inclusive: !a.inclusive }, { ...b, inclusive: !b.inclusive }),
    )
  }
  return { kind: 'allOrNone', type: a.type, all: isAllValues(a) || isAllValues(b) }
}

/** All values that are not in the set. O(n). */
export function complementValueSet(set: ValueSet): ValueSet {
  switch (set.kind) {
    case 'ranges': {
      if (set.ranges.length === 0) return allValues(set.type)
      const gaps: Range[] = []
      for (let i = 0; i <= set.ranges.length; i++) {
        const gap = rangeBetweenRanges(set.type, set.ranges[i - 1], set.ranges[i])
        if (gap !== undefined) gaps.push(gap)
      }
      return { ...set, ranges: gaps }
    }
    case 'values':
      return { ...set, inclusive: !set.inclusive }
    case 'allOrNone':
      return { ...set, all: !set.all }
  }
}

export const subtractValueSets = (a: ValueSet, b: ValueSet): ValueSet =>
  intersectValueSets(a, complementValueSet(b))

export const valueSetsOverlap = (a: ValueSet, b: ValueSet): boolean =>
  a.kind === 'ranges' && b.kind === 'ranges'
    ? hasCommonRange(a, b)
    : !isNoValues(intersectValueSets(a, b))

/** Tells whether every value of `inner` is in `outer`. */
export const valueSetContains = (outer: ValueSet, inner: ValueSet): boolean =>
  isNoValues(subtractValueSets(inner, outer))

export function valueSetsEqual(a: ValueSet, b: ValueSet): boolean {
  if (a.kind !== b.kind || !typesEqual(a.type, b.type)) return false
  if (a.kind === 'ranges' && b.kind === 'ranges') {
    return (
      a.ranges.length === b.ranges.length &&
      a.ranges.every(
        (range, i) =>
          compareLows(a.type, range, b.ranges[i]!) === 0 &&
          compareHighs(a.type, range, b.ranges[i]!) === 0,
      )
    )
  }
  if (a.kind === 'values' && b.kind === 'values') {
    if (a.inclusive !== b.inclusive || a.values.length !== b.values.length) return false
    const keys = new Set(a.values.map((v) => valueKey(a.type, v)))
    return b.values.every((v) => keys.has(valueKey(b.type, v)))
  }
  return isAllValues(a) === isAllValues(b)
}

/** The smallest single range with all values of the set; undefined for the empty set and for types without order. */
export function valueSetSpan(set: ValueSet): Range | undefined {
  if (set.kind !== 'ranges' || set.ranges.length === 0) return undefined
  return spanRanges(set.type, set.ranges[0]!, set.ranges[set.ranges.length - 1]!)
}

function intersectRangeSets(a: RangeSet, b: RangeSet): RangeSet {
  return { kind: 'ranges', type: a.type, ranges: [...commonRanges(a, b)] }
}

/** Ends at the first one: statistics are asked for every block of rows whether any of many values may be there. */
function hasCommonRange(a: RangeSet, b: RangeSet): boolean {
  checkTypes(a, b)
  return commonRanges(a, b).next().done !== true
}

function* commonRanges(a: RangeSet, b: RangeSet): Generator<Range, void> {
  let i = 0
  let j = 0
  while (i < a.ranges.length && j < b.ranges.length) {
    const left = a.ranges[i]!
    const right = b.ranges[j]!
    const both = intersectRanges(a.type, left, right)
    if (both !== undefined) yield both
    if (compareHighs(a.type, left, right) <= 0) i++
    else j++
  }
}

function uniteRangeSets(a: RangeSet, b: RangeSet): RangeSet {
  function* inOrder(): Generator<Range> {
    let i = 0
    let j = 0
    while (i < a.ranges.length || j < b.ranges.length) {
      const left = a.ranges[i]
      const right = b.ranges[j]
      if (right === undefined || (left !== undefined && compareLows(a.type, left, right) <= 0)) {
        yield left!
        i++
      } else {
        yield right
        j++
      }
    }
  }
  return { kind: 'ranges', type: a.type, ranges: mergeSorted(a.type, inOrder()) }
}

function intersectDiscrete(a: DiscreteSet, b: DiscreteSet): DiscreteSet {
  const keysOf = (set: DiscreteSet): Set<string> =>
    new Set(set.values.map((v) => valueKey(set.type, v)))
  const kept = (set: DiscreteSet, other: DiscreteSet): readonly Value[] => {
    const keys = keysOf(other)
    return set.values.filter((v) => keys.has(valueKey(set.type, v)) === other.inclusive)
  }
  if (a.inclusive) return { ...a, values: kept(a, b) }
  if (b.inclusive) return { ...b, values: kept(b, a) }
  return { ...a, values: distinctValues(a.type, [...a.values, ...b.values]) }
}
