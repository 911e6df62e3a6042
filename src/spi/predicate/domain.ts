import type { SqlType } from '../type/type.js'
import type { Value } from '../type/value.js'
import {
  allValues,
  complementValueSet,
  containsValue,
  discreteValues,
  intersectValueSets,
  isAllValues,
  isNoValues,
  noValues,
  singleValue,
  subtractValueSets,
  uniteValueSets,
  type ValueSet,
  valueSetContains,
  valueSetOf,
  valueSetOfRanges,
  valueSetSpan,
  valueSetsEqual,
  valueSetsOverlap,
} from './value-set.js'

/** The values one column may have, and whether it may be null. Plain data. @source Trino Domain */
export interface Domain {
  readonly values: ValueSet
  readonly nullAllowed: boolean
}

export const domain = (values: ValueSet, nullAllowed: boolean): Domain => ({ values, nullAllowed })
export const allDomain = (type: SqlType): Domain => domain(allValues(type), true)
export const noneDomain = (type: SqlType): Domain => domain(noValues(type), false)
export const onlyNull = (type: SqlType): Domain => domain(noValues(type), true)
export const notNull = (type: SqlType): Domain => domain(allValues(type), false)
export const singleValueDomain = (type: SqlType, value: Value, nullAllowed = false): Domain =>
  value === null ? onlyNull(type) : domain(valueSetOf(type, [value]), nullAllowed)
/** NULL among the values lets null pass. */
export function multipleValuesDomain(type: SqlType, values: readonly Value[]): Domain {
  const present = values.filter((value) => value !== null)
  return domain(valueSetOf(type, present), present.length < values.length)
}

export const domainType = (d: Domain): SqlType => d.values.type
export const isAllDomain = (d: Domain): boolean => d.nullAllowed && isAllValues(d.values)
export const isNoneDomain = (d: Domain): boolean => !d.nullAllowed && isNoValues(d.values)
export const isOnlyNull = (d: Domain): boolean => d.nullAllowed && isNoValues(d.values)

/** Whether the column's value is fixed: NULL, or one value and not NULL. */
export const isNullableSingleValue = (d: Domain): boolean =>
  isOnlyNull(d) || (!d.nullAllowed && singleValue(d.values) !== undefined)
/** The value of a domain that is fixed; undefined where it is not. */
export const nullableSingleValue = (d: Domain): Value | undefined =>
  isOnlyNull(d) ? null : d.nullAllowed ? undefined : singleValue(d.values)
/** The values, NULL last where allowed; undefined where they are no list. */
export function nullableDiscreteValues(d: Domain): readonly Value[] | undefined {
  const values = discreteValues(d.values)
  return values === undefined ? undefined : d.nullAllowed ? [...values, null] : values
}

export const domainIncludes = (d: Domain, value: Value): boolean =>
  value === null ? d.nullAllowed : containsValue(d.values, value)

export const intersectDomains = (a: Domain, b: Domain): Domain =>
  domain(intersectValueSets(a.values, b.values), a.nullAllowed && b.nullAllowed)
export const uniteDomains = (a: Domain, b: Domain): Domain =>
  domain(uniteValueSets(a.values, b.values), a.nullAllowed || b.nullAllowed)
export const complementDomain = (d: Domain): Domain =>
  domain(complementValueSet(d.values), !d.nullAllowed)
export const subtractDomains = (a: Domain, b: Domain): Domain =>
  domain(subtractValueSets(a.values, b.values), a.nullAllowed && !b.nullAllowed)
export const domainsOverlap = (a: Domain, b: Domain): boolean =>
  (a.nullAllowed && b.nullAllowed) || valueSetsOverlap(a.values, b.values)
export const domainContains = (outer: Domain, inner: Domain): boolean =>
  (outer.nullAllowed || !inner.nullAllowed) && valueSetContains(outer.values, inner.values)
export const domainsEqual = (a: Domain, b: Domain): boolean =>
  a.nullAllowed === b.nullAllowed && valueSetsEqual(a.values, b.values)

/**
 * The domain itself, or where it has more than `threshold` ranges or values a wider one with one range (or all
 * values). @source Trino Domain.simplify
 */
export function simplifyDomain(d: Domain, threshold = 32): Domain {
  const set = d.values
  if (set.kind === 'ranges' && set.ranges.length > threshold) {
    const span = valueSetSpan(set)
    return domain(valueSetOfRanges(set.type, span === undefined ? [] : [span]), d.nullAllowed)
  }
  if (set.kind === 'values' && set.values.length > threshold) {
    return domain(allValues(set.type), d.nullAllowed)
  }
  return d
}
