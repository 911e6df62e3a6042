import {
  DISABLE_PUSHDOWN,
  type Domain,
  discreteValues,
  FULL_PUSHDOWN,
  isAllValues,
  isNoValues,
  type PredicatePushdownController,
  type Range,
  type SqlType,
  simplifyDomain,
  typeName,
  type Value,
  type ValueSet,
} from '../../spi/index.js'
import { type Refusal, refused, type SqlDialect, type Written } from './dialect.js'
import { isRefusal, LIST_MAX } from './expression-writer.js'
import type { SqlColumn } from './handles.js'
import { allOf, anyOf, binary, type SqlExpression } from './sql-tree.js'

/** Ranges of one column that a condition may have. */
const RANGES_MAX = 100

/**
 * The condition that a column's value is in a domain. The column is named as it is, so that the database can use its indexes.
 */
export function writeDomain(dialect: SqlDialect, column: SqlColumn, domain: Domain): Written {
  const { expression } = column
  const isNull: SqlExpression = { kind: 'isNull', arg: expression, negated: false }
  if (isNoValues(domain.values)) return domain.nullAllowed ? isNull : refused('no rows')
  if (isAllValues(domain.values)) {
    return domain.nullAllowed ? refused('all rows') : { ...isNull, negated: true }
  }
  const values = writeValues(dialect, column, domain)
  if (isRefusal(values) || !domain.nullAllowed) return values
  return anyOf(values, isNull)
}

function writeValues(dialect: SqlDialect, column: SqlColumn, { values }: Domain): Written {
  const { expression, comparability, type } = column
  if (comparability === 'none') return incomparable(column)
  const discrete = discreteValues(values)
  if (discrete !== undefined) return oneOf(dialect, expression, type, discrete)
  if (values.kind === 'values') {
    const list = oneOf(dialect, expression, type, values.values)
    return isRefusal(list) ? list : { kind: 'not', arg: list }
  }
  if (values.kind !== 'ranges') return incomparable(column)
  const { ranges } = values
  if (ranges.length > RANGES_MAX) return refused('too many ranges')
  const excluded = excludedValues(ranges)
  if (excluded !== undefined) {
    const list = oneOf(dialect, expression, type, excluded)
    return isRefusal(list) ? list : { kind: 'not', arg: list }
  }
  if (comparability !== 'order') return incomparable(column)
  const written: SqlExpression[] = []
  for (const range of ranges) {
    const one = writeRange(dialect, expression, type, range)
    if (isRefusal(one)) return one
    written.push(one)
  }
  const [first, ...rest] = written
  return anyOf(first!, ...rest)
}

/**
 * What of a column's domain its database checks: all of it, or where the text of it would be too long, the span of its values.
 */
export function pushdownController({
  comparability,
}: Pick<SqlColumn, 'comparability'>): PredicatePushdownController {
  return (domain) => {
    if (!isTooLong(domain.values)) return FULL_PUSHDOWN(domain)
    if (comparability !== 'order') return DISABLE_PUSHDOWN(domain)
    return { pushedDown: simplifyDomain(domain, 1), remainingFilter: domain }
  }
}

function isTooLong(values: ValueSet): boolean {
  if (isNoValues(values) || isAllValues(values)) return false
  const discrete = discreteValues(values)
  if (discrete !== undefined) return discrete.length > LIST_MAX
  if (values.kind === 'values') return values.values.length > LIST_MAX
  if (values.kind !== 'ranges') return false
  const excluded = excludedValues(values.ranges)
  return excluded === undefined ? values.ranges.length > RANGES_MAX : excluded.length > LIST_MAX
}

export const incomparable = ({ reason, type }: SqlColumn): Refusal =>
  refused(reason ?? `${typeName(type)} is compared in another way there`)

/** The values between ranges that leave out nothing else; undefined for others. */
function excludedValues(ranges: readonly Range[]): readonly Value[] | undefined {
  if (ranges.length < 2 || ranges[0]!.low !== undefined || ranges.at(-1)!.high !== undefined) {
    return undefined
  }
  const excluded: Value[] = []
  for (let i = 1; i < ranges.length; i++) {
    const { high, highInclusive } = ranges[i - 1]!
    const { low, lowInclusive } = ranges[i]!
    // Ranges that don't touch and end at one value leave out that value alone.
    if (high === undefined || high !== low || highInclusive || lowInclusive) return undefined
    excluded.push(high)
  }
  return excluded
}

function oneOf(
  dialect: SqlDialect,
  arg: SqlExpression,
  type: SqlType,
  values: readonly Value[],
): Written {
  if (values.length > LIST_MAX) return refused('too many values')
  const list: SqlExpression[] = []
  for (const value of values) {
    const literal = dialect.literal(type, value)
    if (isRefusal(literal)) return literal
    list.push(literal)
  }
  return list.length === 1 ? binary('=', arg, list[0]!) : { kind: 'in', arg, list }
}

function writeRange(
  dialect: SqlDialect,
  arg: SqlExpression,
  type: SqlType,
  { low, lowInclusive, high, highInclusive }: Range,
): Written {
  const terms: SqlExpression[] = []
  if (low !== undefined) {
    const literal = dialect.literal(type, low)
    if (isRefusal(literal)) return literal
    terms.push(binary(lowInclusive ? '>=' : '>', arg, literal))
  }
  if (high !== undefined) {
    const literal = dialect.literal(type, high)
    if (isRefusal(literal)) return literal
    terms.push(binary(highInclusive ? '<=' : '<', arg, literal))
  }
  const [first, ...rest] = terms
  return first === undefined ? refused('all rows') : allOf(first, ...rest)
}
