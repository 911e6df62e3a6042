import type { ComparisonOperator, ConstantExpression, Expression } from '../../expressions/ir.js'
import type { PlanStatistics, SymbolStatistics } from './statistics.js'
import {
  orElse,
  scaleRows,
  statsValue,
  symbolStatistics,
  UNKNOWN_SYMBOL,
  unfilteredOf,
  withSymbol,
} from './statistics.js'

/*
 * Selectivities where nothing is known, as in System R: Selinger et al., Access Path Selection in a Relational
 * Database Management System (SIGMOD 1979), table 1.
 */
const EQUAL_UNKNOWN = 1 / 10
const RANGE_UNKNOWN = 1 / 3
const BETWEEN_UNKNOWN = 1 / 4
/** LIKE and other predicates that say nothing to an estimator. */
const LIKE_UNKNOWN = 1 / 10
const OTHER_UNKNOWN = 0.5

/**
 * Estimates the rows of `input` for which a predicate is true, and how it narrows its symbols. Conjuncts are applied
 * one after the other (so that two bounds of one symbol make a range), taken as independent otherwise.
 * @source Trino FilterStatsCalculator, ComparisonStatsCalculator
 */
export function filterStatistics(input: PlanStatistics, predicate: Expression): PlanStatistics {
  switch (predicate.kind) {
    case 'constant':
      return predicate.value === true ? input : scaleRows(input, 0)
    case 'logical':
      return predicate.operator === 'and'
        ? predicate.terms.reduce(filterStatistics, input)
        : disjunction(input, predicate.terms)
    case 'not':
      return negation(input, predicate.arg)
    case 'isNull':
      return nullTest(input, predicate.arg)
    case 'comparison':
      return comparisonStatistics(input, predicate.operator, predicate.left, predicate.right)
    case 'between':
      return betweenStatistics(input, predicate.value, predicate.min, predicate.max)
    case 'in':
      return inStatistics(input, predicate.value, predicate.list)
    case 'symbol':
      return keep(input, OTHER_UNKNOWN)
    case 'call':
      return keep(input, predicate.function.name === '$like' ? LIKE_UNKNOWN : OTHER_UNKNOWN)
    default:
      return keep(input, OTHER_UNKNOWN)
  }
}

const keep = (input: PlanStatistics, fraction: number): PlanStatistics =>
  scaleRows(input, input.rowCount * fraction)

const shareOf = (part: PlanStatistics, input: PlanStatistics): number =>
  input.rowCount === 0 ? 0 : part.rowCount / input.rowCount

const selectivity = (input: PlanStatistics, predicate: Expression): number =>
  shareOf(filterStatistics(input, predicate), input)

/** P(a or b) = 1 - (1 - P(a)) (1 - P(b)). Symbols that every term narrows have the values that any of them leaves. */
function disjunction(input: PlanStatistics, terms: readonly Expression[]): PlanStatistics {
  const parts = terms.map((term) => filterStatistics(input, term))
  const none = parts.reduce((rest, part) => rest * (1 - shareOf(part, input)), 1)
  const kept = keep(input, 1 - none)
  const symbols = new Map(kept.symbols)
  for (const [name, symbol] of kept.symbols) {
    const left = parts.filter((part) => part.rowCount > 0).map((p) => symbolStatistics(p, name))
    if (left.length === 0) continue
    const distinct = left.reduce((sum, s) => sum + s.distinct, 0)
    const unfiltered = left.reduce((sum, s) => sum + unfilteredOf(s), 0)
    symbols.set(name, {
      ...symbol,
      low: Math.max(symbol.low, Math.min(...left.map((s) => s.low))),
      high: Math.min(symbol.high, Math.max(...left.map((s) => s.high))),
      distinct: Math.min(symbol.distinct, distinct),
      unfiltered: Math.min(unfilteredOf(symbol), unfiltered),
    })
  }
  return { ...kept, symbols }
}

function negation(input: PlanStatistics, arg: Expression): PlanStatistics {
  if (arg.kind === 'isNull') {
    const name = symbolName(arg.arg)
    const stats = name === undefined ? UNKNOWN_SYMBOL : symbolStatistics(input, name)
    const nulls = orElse(stats.nullsFraction, 0)
    const kept = keep(input, 1 - nulls)
    return name === undefined
      ? kept
      : withSymbol(kept, name, { ...symbolStatistics(kept, name), nullsFraction: 0 })
  }
  if (arg.kind === 'symbol') return keep(input, OTHER_UNKNOWN)
  return keep(input, Math.max(0, 1 - selectivity(input, arg)))
}

function nullTest(input: PlanStatistics, arg: Expression): PlanStatistics {
  const name = symbolName(arg)
  const stats = name === undefined ? UNKNOWN_SYMBOL : symbolStatistics(input, name)
  return keep(input, orElse(stats.nullsFraction, EQUAL_UNKNOWN))
}

const symbolName = (e: Expression): string | undefined => {
  if (e.kind === 'symbol') return e.name
  return e.kind === 'cast' ? symbolName(e.arg) : undefined
}

function comparisonStatistics(
  input: PlanStatistics,
  operator: ComparisonOperator,
  left: Expression,
  right: Expression,
): PlanStatistics {
  if (right.kind === 'constant') {
    const stats = expressionStatistics(input, left)
    return compareWithConstant(input, operator, symbolName(left), stats, right)
  }
  if (operator === '=' || operator === 'identical') return symbolsEqual(input, left, right)
  return keep(input, operator === '<>' ? 1 - EQUAL_UNKNOWN : RANGE_UNKNOWN)
}

function symbolsEqual(input: PlanStatistics, left: Expression, right: Expression): PlanStatistics {
  const a = expressionStatistics(input, left)
  const b = expressionStatistics(input, right)
  const distinct = Math.max(orElse(a.distinct, 0), orElse(b.distinct, 0))
  return keep(input, distinct > 0 ? 1 / distinct : EQUAL_UNKNOWN)
}

/** Statistics of a value computed from symbols; unknown for most functions. */
export function expressionStatistics(input: PlanStatistics, e: Expression): SymbolStatistics {
  if (e.kind === 'symbol') return symbolStatistics(input, e.name)
  if (e.kind === 'cast') return { ...expressionStatistics(input, e.arg) }
  if (e.kind === 'constant') return constantStatistics(e)
  if (e.kind === 'call' && e.args.length === 1 && e.args[0] !== undefined) {
    const distinct = DISTINCT_OF[e.function.name]
    const arg = expressionStatistics(input, e.args[0])
    if (distinct !== undefined) {
      return { ...UNKNOWN_SYMBOL, nullsFraction: arg.nullsFraction, distinct: distinct(arg) }
    }
  }
  return UNKNOWN_SYMBOL
}

const DAYS_A_YEAR = 365.25
/** Values that parts of a DATE take. */
const DISTINCT_OF: Readonly<Record<string, (arg: SymbolStatistics) => number>> = {
  year: (arg) =>
    Number.isFinite(arg.high - arg.low)
      ? Math.max(1, Math.ceil((arg.high - arg.low) / DAYS_A_YEAR))
      : Number.NaN,
  quarter: () => 4,
  month: () => 12,
  day: () => 31,
  day_of_week: () => 7,
}

function constantStatistics(e: ConstantExpression): SymbolStatistics {
  if (e.value === null) {
    return { ...UNKNOWN_SYMBOL, nullsFraction: 1, distinct: 0, averageSize: 0 }
  }
  const value = statsValue(e.type, e.value)
  const bounds = Number.isNaN(value) ? {} : { low: value, high: value }
  return { ...UNKNOWN_SYMBOL, ...bounds, nullsFraction: 0, distinct: 1 }
}

function compareWithConstant(
  input: PlanStatistics,
  operator: ComparisonOperator,
  name: string | undefined,
  stats: SymbolStatistics,
  right: ConstantExpression,
): PlanStatistics {
  if (right.value === null)
    return operator === 'identical' ? nullsOnly(input, stats) : keep(input, 0)
  const value = statsValue(right.type, right.value)
  const notNull = 1 - orElse(stats.nullsFraction, 0)
  switch (operator) {
    case '=':
    case 'identical': {
      if (value < stats.low || value > stats.high) return keep(input, 0)
      const equal = stats.distinct > 0 ? 1 / stats.distinct : EQUAL_UNKNOWN
      const kept = keep(input, notNull * equal)
      if (name === undefined) return kept
      const bounds = Number.isNaN(value) ? {} : { low: value, high: value }
      const one = { ...bounds, distinct: 1, unfiltered: 1, nullsFraction: 0 }
      return withSymbol(kept, name, { ...stats, ...one })
    }
    case '<>': {
      const equal = stats.distinct > 0 ? 1 / stats.distinct : EQUAL_UNKNOWN
      const kept = keep(input, notNull * (1 - equal))
      if (name === undefined) return kept
      return withSymbol(kept, name, { ...symbolStatistics(kept, name), nullsFraction: 0 })
    }
    case '<':
    case '<=':
      return rangeStatistics(input, name, stats, Number.NEGATIVE_INFINITY, value)
    case '>':
    case '>=':
      return rangeStatistics(input, name, stats, value, Number.POSITIVE_INFINITY)
  }
}

const nullsOnly = (input: PlanStatistics, stats: SymbolStatistics): PlanStatistics =>
  keep(input, orElse(stats.nullsFraction, EQUAL_UNKNOWN))

function rangeStatistics(
  input: PlanStatistics,
  name: string | undefined,
  stats: SymbolStatistics,
  low: number,
  high: number,
  unknown = RANGE_UNKNOWN,
): PlanStatistics {
  const notNull = 1 - orElse(stats.nullsFraction, 0)
  const known = Number.isFinite(stats.low) && Number.isFinite(stats.high)
  if (Number.isNaN(low) || Number.isNaN(high) || !known) return keep(input, notNull * unknown)
  const newLow = Math.max(low, stats.low)
  const newHigh = Math.min(high, stats.high)
  if (newLow > newHigh) return keep(input, 0)
  const width = stats.high - stats.low
  const fraction = width === 0 ? 1 : (newHigh - newLow) / width
  const least = stats.distinct > 0 ? 1 / stats.distinct : 0
  const share = Math.min(1, Math.max(fraction, least))
  const kept = keep(input, notNull * share)
  if (name === undefined) return kept
  const distinct = Number.isNaN(stats.distinct)
    ? stats.distinct
    : Math.max(1, stats.distinct * share)
  return withSymbol(kept, name, {
    ...stats,
    low: newLow,
    high: newHigh,
    distinct: Math.min(distinct, Math.max(1, kept.rowCount)),
    unfiltered: Math.max(1, unfilteredOf(stats) * share),
    nullsFraction: 0,
  })
}

function betweenStatistics(
  input: PlanStatistics,
  value: Expression,
  min: Expression,
  max: Expression,
): PlanStatistics {
  if (min.kind !== 'constant' || max.kind !== 'constant') return keep(input, BETWEEN_UNKNOWN)
  const stats = expressionStatistics(input, value)
  return rangeStatistics(
    input,
    symbolName(value),
    stats,
    statsValue(min.type, min.value),
    statsValue(max.type, max.value),
    BETWEEN_UNKNOWN,
  )
}

function inStatistics(
  input: PlanStatistics,
  value: Expression,
  list: readonly Expression[],
): PlanStatistics {
  const stats = expressionStatistics(input, value)
  const notNull = 1 - orElse(stats.nullsFraction, 0)
  const each = stats.distinct > 0 ? 1 / stats.distinct : EQUAL_UNKNOWN
  const fraction = Math.min(1, list.length * each)
  const kept = keep(input, notNull * Math.min(fraction, stats.distinct > 0 ? 1 : 0.5))
  const name = symbolName(value)
  if (name === undefined) return kept
  const distinct = Math.min(list.length, orElse(stats.distinct, list.length))
  const unfiltered = Math.min(list.length, orElse(unfilteredOf(stats), list.length))
  return withSymbol(kept, name, { ...stats, distinct, unfiltered, nullsFraction: 0 })
}
