import type { Expression } from '../../../expressions/ir.js'
import { joinStatistics } from '../../cost/join-statistics.js'
import type { PlanStatistics } from '../../cost/statistics.js'
import type { JoinCriterion, JoinNode, PlanNode, SemiJoinNode } from '../../plan/node.js'
import { outputsOf } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { filterOver, joinOver, project } from '../build.js'
import type { OptimizerContext } from '../context.js'
import { inferEqualities, isInferable } from '../expression/equality-inference.js'
import { and, conjunctsOf, equal, namesOf, symbolOf } from '../expression/predicates.js'
import { isDeterministic, symbolsOf } from '../expression/tree.js'
import { replaceOwnExtremes } from './own-extremes.js'
import { equalityOfSides } from './predicate-pushdown-join.js'

/** Relations of a tree of inner joins, as bits 0 to leaves.length - 1, and what connects them. */
export interface JoinGraph {
  readonly leaves: readonly PlanNode[]
  /** Sets of equal expressions, each over one relation. */
  readonly equalities: readonly (readonly Member[])[]
  readonly conditions: readonly Condition[]
  /** Relations that only filter others, by a semi- or anti-join: by the number of the filtering relation. */
  readonly semiJoins: ReadonlyMap<number, SemiEdge>
  /** Conditions that belong above all joins. */
  readonly above: readonly Expression[]
}
export interface SemiEdge {
  readonly node: SemiJoinNode
  /** Relations whose columns it compares: it applies to any set that has them all. */
  readonly needs: bigint
}
interface Member {
  readonly mask: bigint
  readonly expression: Expression
}
interface Condition {
  readonly mask: bigint
  readonly expression: Expression
}

/** Flattens a tree of inner, semi- and anti-joins. */
export function joinGraph(
  root: PlanNode,
  rewriteLeaf: (leaf: PlanNode) => PlanNode,
  context: OptimizerContext,
): JoinGraph {
  const found: PlanNode[] = []
  const terms: Expression[] = []
  const filtering = new Map<number, SemiJoinNode>()
  const flatten = (node: PlanNode): void => {
    if (node.kind === 'join' && node.type === 'inner') {
      flatten(node.left)
      flatten(node.right)
      for (const c of node.criteria) terms.push(equal(symbolOf(c.left), symbolOf(c.right)))
      terms.push(...conjunctsOf(node.filter))
    } else if (node.kind === 'semiJoin' && node.mode !== 'mark') {
      flatten(node.source)
      filtering.set(found.length, node)
      found.push(rewriteLeaf(node.filteringSource))
    } else found.push(rewriteLeaf(node))
  }
  flatten(root)
  const { leaves, conjuncts } =
    filtering.size === 0
      ? replaceOwnExtremes(found, terms, context)
      : { leaves: found, conjuncts: terms }
  const leafOf = new Map<string, bigint>()
  leaves.forEach((leaf, i) => {
    for (const name of namesOf(outputsOf(leaf))) leafOf.set(name, 1n << BigInt(i))
  })
  const maskOf = (e: Expression): bigint => {
    let mask = 0n
    for (const name of symbolsOf(e)) mask |= leafOf.get(name) ?? 0n
    return mask
  }
  const single = (e: Expression): boolean => {
    const mask = maskOf(e)
    return mask !== 0n && (mask & (mask - 1n)) === 0n
  }
  const transitive = conjuncts.filter(
    (e) =>
      isInferable(e) && single(e.left) && single(e.right) && maskOf(e.left) !== maskOf(e.right),
  )
  const equalities = inferEqualities(transitive).sets.map((set) =>
    set.map((expression) => ({ mask: maskOf(expression), expression })),
  )
  const conditions: Condition[] = []
  const above: Expression[] = []
  const ofLeaf = leaves.map((): Expression[] => [])
  for (const expression of conjuncts) {
    if (transitive.includes(expression)) continue
    if (!isDeterministic(expression) || symbolsOf(expression).size === 0) above.push(expression)
    else if (single(expression)) ofLeaf[indexOf(maskOf(expression))]?.push(expression)
    else conditions.push({ mask: maskOf(expression), expression })
  }
  // Two members over one relation are equal there already: a join would check only one of them.
  for (const set of equalities) {
    for (const [i, member] of set.entries()) {
      const earlier = set.slice(0, i).find((other) => other.mask === member.mask)
      if (earlier === undefined) continue
      ofLeaf[indexOf(member.mask)]?.push(equal(earlier.expression, member.expression))
    }
  }
  const filtered = leaves.map((leaf, i) => filterOver(context, leaf, ofLeaf[i] ?? []))
  const semiJoins = new Map<number, SemiEdge>()
  for (const [index, node] of filtering) {
    const reads = and([
      ...node.criteria.map((c) => equal(symbolOf(c.left), symbolOf(c.right))),
      ...conjunctsOf(node.filter),
    ])
    semiJoins.set(index, { node, needs: maskOf(reads) & ~(1n << BigInt(index)) })
  }
  return { leaves: filtered, equalities, conditions, semiJoins, above }
}

/** Number of the only relation in a mask. */
export const indexOf = (mask: bigint): number => mask.toString(2).length - 1

const within = (mask: bigint, set: bigint): boolean => (mask & ~set) === 0n

const membersIn = (set: readonly Member[], side: bigint): bigint =>
  set.reduce((mask, member) => (within(member.mask, side) ? mask | member.mask : mask), 0n)

/** An equality between two sets of relations. */
interface Key {
  readonly sides: readonly [Expression, Expression]
  /** The relations of either set whose columns are equal by it. */
  readonly relations: readonly [bigint, bigint]
}

/** What a join of two sets of relations checks: one equality a set, and conditions it is the first to see whole. */
function conditionsOf(
  graph: JoinGraph,
  left: bigint,
  right: bigint,
): { readonly keys: readonly Key[]; readonly rest: readonly Expression[] } {
  const keys: Key[] = []
  for (const set of graph.equalities) {
    const onLeft = set.find((m) => within(m.mask, left))
    const onRight = set.find((m) => within(m.mask, right))
    if (onLeft !== undefined && onRight !== undefined) {
      const sides = [onLeft.expression, onRight.expression] as const
      keys.push({ sides, relations: [membersIn(set, left), membersIn(set, right)] })
    }
  }
  const both = left | right
  const rest = graph.conditions
    .filter((c) => within(c.mask, both) && !within(c.mask, left) && !within(c.mask, right))
    .map((c) => c.expression)
  return { keys, rest }
}

/** How two sets of relations are connected: by an equality, by another condition, or not at all. */
export function connection(
  graph: JoinGraph,
  left: bigint,
  right: bigint,
): 'equality' | 'condition' | 'none' {
  const equality = graph.equalities.some(
    (set) => set.some((m) => within(m.mask, left)) && set.some((m) => within(m.mask, right)),
  )
  if (equality) return 'equality'
  const { rest } = conditionsOf(graph, left, right)
  if (rest.length === 0) return 'none'
  return rest.some((e) => e.kind === 'comparison' && e.operator === '=') ? 'equality' : 'condition'
}

/** The semi-join by which the only relation of `right` filters the set `left`, if it is one and may be applied. */
export function semiJoinOf(graph: JoinGraph, left: bigint, right: bigint): SemiEdge | undefined {
  if ((right & (right - 1n)) !== 0n) return undefined
  const edge = graph.semiJoins.get(indexOf(right))
  return edge !== undefined && within(edge.needs, left) ? edge : undefined
}

/** Tells whether a set is nothing but a relation that filters others. */
export const isFiltering = (graph: JoinGraph, mask: bigint): boolean =>
  (mask & (mask - 1n)) === 0n && graph.semiJoins.has(indexOf(mask))

/** Joins two plans on what connects their relations. The right one is built. */
export function joinSets(
  graph: JoinGraph,
  left: { readonly mask: bigint; readonly plan: PlanNode },
  right: { readonly mask: bigint; readonly plan: PlanNode },
  context: OptimizerContext,
): JoinNode {
  const { keys, rest } = conditionsOf(graph, left.mask, right.mask)
  const leftNames = namesOf(outputsOf(left.plan))
  const rightNames = namesOf(outputsOf(right.plan))
  const pairs = keys.map((key) => key.sides)
  const filter: Expression[] = []
  for (const e of rest) {
    const sides = equalityOfSides(e, leftNames, rightNames)
    if (sides === undefined) filter.push(e)
    else pairs.push([sides.left, sides.right])
  }
  const l = project(
    context,
    left.plan,
    pairs.map(([e]) => e),
  )
  const r = project(
    context,
    right.plan,
    pairs.map(([, e]) => e),
  )
  const criteria = l.symbols.map(
    (symbol, i): JoinCriterion => ({ left: symbol, right: r.symbols[i] as PlanSymbol }),
  )
  return joinOver(context, 'inner', l.node, r.node, criteria, and(filter))
}

/** Statistics of a join of two sets, without building it. */
export function joinedStatistics(
  graph: JoinGraph,
  left: { readonly mask: bigint; readonly stats: PlanStatistics },
  right: { readonly mask: bigint; readonly stats: PlanStatistics },
): PlanStatistics {
  const { keys, rest } = conditionsOf(graph, left.mask, right.mask)
  const numbers = numbersOf(keys)
  const symbolKeys = keys.flatMap(({ sides: [l, r] }, i) =>
    l.kind === 'symbol' && r.kind === 'symbol'
      ? [{ left: l.name, right: r.name, relations: numbers[i]! }]
      : [],
  )
  // A key that is an expression counts as an equality of unknown distribution.
  const others = keys.filter(({ sides: [l, r] }) => l.kind !== 'symbol' || r.kind !== 'symbol')
  const filter = and([...rest, ...others.map(({ sides: [l, r] }) => equal(l, r))])
  return joinStatistics('inner', left.stats, right.stats, symbolKeys, filter)
}

/**
 * Numbers keys so that those that may be between the same two relations have the same number. Others are independent of each
 * other: a date's key among sales, and the month that a subquery asks for, say nothing of one another.
 */
function numbersOf(keys: readonly Key[]): readonly number[] {
  const numbers: number[] = []
  for (const [i, { relations }] of keys.entries()) {
    const [left, right] = relations
    const alike = keys.findIndex(
      (other, j) =>
        j < i && (other.relations[0] & left) !== 0n && (other.relations[1] & right) !== 0n,
    )
    numbers.push(alike < 0 ? i : numbers[alike]!)
  }
  return numbers
}
