import type { JoinNode, JoinType, SemiJoinNode } from '../plan/node.js'
import { filterStatistics } from './filter-statistics.js'
import type { PlanStatistics, SymbolStatistics } from './statistics.js'
import { orElse, scaleRows, symbolStatistics, unfilteredOf } from './statistics.js'

/** How much of a further equality's selectivity counts: several columns of a relation are seldom independent. */
const FURTHER_CLAUSE_EXPONENT = 0.25
/** Distinct values assumed of a key with unknown statistics, as a share of its rows. */
const UNKNOWN_KEY_SHARE = 1

/** An equality between the sides of a join, by symbol names. */
export interface KeyPair {
  readonly left: string
  readonly right: string
  /** Keys of one number may be of one relation on either side, and so depend on each other; by default all are. */
  readonly relations?: number
}

const distinctOf = (stats: PlanStatistics, symbol: SymbolStatistics): number =>
  Math.max(1, orElse(symbol.distinct, stats.rowCount * UNKNOWN_KEY_SHARE))

/** How many values a key has in its own bounds and in those of the other side, if they are spread evenly. */
function valuesWithin(key: SymbolStatistics, other: SymbolStatistics): number {
  const low = Math.max(key.low, other.low)
  const high = Math.min(key.high, other.high)
  const share = (high - low + 1) / (key.high - key.low + 1)
  return orElse(unfilteredOf(key) * Math.min(1, orElse(share, 1)), 0)
}

/**
 * How many values there are that keys of both sides are taken from. What either side has lost for what other columns say is
 * among them: a fifth of the customers buys a fifth of the sales, however few of all customers bought anything. Values outside
 * of the other side's bounds are not: who asks for a year asks for one that the table of sales has, not for one of the calendar's.
 */
function commonValues(
  left: PlanStatistics,
  l: SymbolStatistics,
  right: PlanStatistics,
  r: SymbolStatistics,
): number {
  const present = Math.max(distinctOf(left, l), distinctOf(right, r))
  return Math.max(present, valuesWithin(l, r), valuesWithin(r, l))
}

/** The share of the values of a key of `side`, and so of its rows, that a key of another side has too. */
export function sharedValues(
  side: PlanStatistics,
  key: SymbolStatistics,
  other: PlanStatistics,
  otherKey: SymbolStatistics,
): number {
  return distinctOf(other, otherKey) / commonValues(side, key, other, otherKey)
}

/**
 * Rows of an equi-join: |L| |R| / V for the most selective key of the same relations, where V is the number of values that its
 * keys are taken from; others damped; null keys don't join.
 * @source Selinger et al. (1979); Trino JoinStatsRule (join-multi-clause-independence-factor)
 */
export function innerJoinRows(
  left: PlanStatistics,
  right: PlanStatistics,
  keys: readonly KeyPair[],
): number {
  const cross = left.rowCount * right.rowCount
  if (keys.length === 0 || cross === 0) return cross
  const byRelations = new Map<number, number[]>()
  for (const key of keys) {
    const known = byRelations.get(key.relations ?? 0)
    const selectivity = keySelectivity(left, right, key)
    if (known === undefined) byRelations.set(key.relations ?? 0, [selectivity])
    else known.push(selectivity)
  }
  let rows = cross
  for (const selectivities of byRelations.values()) {
    const [first = 1, ...further] = selectivities.sort((a, b) => a - b)
    rows = further.reduce((kept, s) => kept * s ** FURTHER_CLAUSE_EXPONENT, rows * first)
  }
  return rows
}

/**
 * Pairs of rows with equal keys, which a join's further condition looks at; undefined where they would be a guess. Keys of
 * which only one side's values are known are left out, so that there are rather more.
 */
export function joinPairs(
  left: PlanStatistics,
  right: PlanStatistics,
  keys: readonly KeyPair[],
): number | undefined {
  const isKnown = (side: PlanStatistics, name: string): boolean =>
    !Number.isNaN(symbolStatistics(side, name).distinct)
  const known = keys.filter((key) => isKnown(left, key.left) && isKnown(right, key.right))
  const isGuess = keys.length > 0 && known.length === 0
  if (isGuess || !left.known || !right.known) return undefined
  return innerJoinRows(left, right, known)
}

function keySelectivity(left: PlanStatistics, right: PlanStatistics, key: KeyPair): number {
  const l = symbolStatistics(left, key.left)
  const r = symbolStatistics(right, key.right)
  if (l.low > r.high || r.low > l.high) return 0
  const notNull = (1 - orElse(l.nullsFraction, 0)) * (1 - orElse(r.nullsFraction, 0))
  return notNull / commonValues(left, l, right, r)
}

/** Statistics of a join of two inputs. */
export function joinStatistics(
  type: JoinType,
  left: PlanStatistics,
  right: PlanStatistics,
  keys: readonly KeyPair[],
  filter: JoinNode['filter'],
): PlanStatistics {
  const rows = innerJoinRows(left, right, keys)
  const inner = equateKeys(combine(left, right, rows, keys), left, right, keys)
  const filtered = filter === undefined ? inner : filterStatistics(inner, filter)
  const known = left.known && right.known
  if (type === 'inner') return { ...filtered, known }
  const unmatched = {
    left: type === 'right' ? 0 : Math.max(0, left.rowCount - filtered.rowCount),
    right: type === 'left' ? 0 : Math.max(0, right.rowCount - filtered.rowCount),
  }
  const rowCount = filtered.rowCount + unmatched.left + unmatched.right
  const symbols = new Map([
    ...outerSymbols(filtered, left, unmatched.left, unmatched.right),
    ...outerSymbols(filtered, right, unmatched.right, unmatched.left),
  ])
  return { rowCount, known, symbols }
}

/** What a side's symbols are among the matched rows, those of its own that match nothing and the nulls for the other's. */
function outerSymbols(
  matched: PlanStatistics,
  side: PlanStatistics,
  unmatched: number,
  nulls: number,
): (readonly [string, SymbolStatistics])[] {
  const rowCount = matched.rowCount + unmatched + nulls
  return [...side.symbols].map(([name, whole]) => {
    // A side that keeps its unmatched rows has all of its values.
    const symbol = unmatched > 0 ? whole : symbolStatistics(matched, name)
    if (rowCount === 0) return [name, symbol]
    const present = (matched.rowCount + unmatched) / rowCount
    const nullsFraction = 1 - present * (1 - orElse(symbol.nullsFraction, 0))
    return [name, { ...symbol, nullsFraction: nulls > 0 ? nullsFraction : symbol.nullsFraction }]
  })
}

/** Of each side's values those are left that come with a row that has a partner. */
function combine(
  left: PlanStatistics,
  right: PlanStatistics,
  rowCount: number,
  keys: readonly KeyPair[],
): PlanStatistics {
  const symbols = new Map<string, SymbolStatistics>()
  const shares = { left: 1, right: 1 }
  for (const key of keys) {
    const l = symbolStatistics(left, key.left)
    const r = symbolStatistics(right, key.right)
    shares.left = Math.min(shares.left, sharedValues(left, l, right, r))
    shares.right = Math.min(shares.right, sharedValues(right, r, left, l))
  }
  for (const [side, share] of [[left, shares.left] as const, [right, shares.right] as const]) {
    const scaled = scaleRows(side, Math.min(rowCount, side.rowCount * share))
    for (const [name, s] of scaled.symbols) symbols.set(name, s)
  }
  return { rowCount, known: left.known && right.known, symbols }
}

/** Joined keys have the values both sides had. */
function equateKeys(
  joined: PlanStatistics,
  left: PlanStatistics,
  right: PlanStatistics,
  keys: readonly KeyPair[],
): PlanStatistics {
  if (keys.length === 0) return joined
  const symbols = new Map(joined.symbols)
  for (const key of keys) {
    const l = symbolStatistics(left, key.left)
    const r = symbolStatistics(right, key.right)
    const common = distinctOf(left, l) * sharedValues(left, l, right, r)
    const distinct = Math.max(1, Math.min(common, joined.rowCount))
    const both: SymbolStatistics = {
      low: Math.max(l.low, r.low),
      high: Math.min(l.high, r.high),
      nullsFraction: 0,
      distinct,
      unfiltered: Math.max(distinct, valuesWithin(l, r), valuesWithin(r, l)),
      averageSize: orElse(l.averageSize, r.averageSize),
    }
    symbols.set(key.left, { ...symbols.get(key.left), ...both })
    symbols.set(key.right, { ...symbols.get(key.right), ...both })
  }
  return { ...joined, symbols }
}

/** Share of a semi-join's source rows that meet a further condition besides the keys. */
const FURTHER_CONDITION = 0.9
const ANTI_AT_LEAST = 0.05

/**
 * Rows of a semi- or anti-join: those of the share of the source's key values that the other side has too.
 * @source Trino SemiJoinStatsCalculator
 */
export function semiJoinStatistics(
  node: Pick<SemiJoinNode, 'mode' | 'criteria' | 'filter'>,
  source: PlanStatistics,
  filtering: PlanStatistics,
): PlanStatistics {
  if (node.mode === 'mark') return source
  let share = node.filter === undefined ? 1 : FURTHER_CONDITION
  if (filtering.rowCount === 0) share = 0
  for (const { left, right } of node.criteria) {
    const l = symbolStatistics(source, left.name)
    const r = symbolStatistics(filtering, right.name)
    share = Math.min(share, sharedValues(source, l, filtering, r))
  }
  const kept = node.mode === 'semi' ? share : Math.max(1 - share, ANTI_AT_LEAST)
  const known = source.known && filtering.known
  return { ...scaleRows(source, source.rowCount * kept), known }
}
