import { semiJoinStatistics } from '../../cost/join-statistics.js'
import type { PlanStatistics } from '../../cost/statistics.js'
import type { JoinNode, PlanNode } from '../../plan/node.js'
import { sourcesOf, withSources } from '../../plan/structure.js'
import { isAtMostScalar } from '../analysis/cardinality.js'
import { filterOver, isIdentity } from '../build.js'
import type { OptimizerContext } from '../context.js'
import type { JoinGraph } from './join-graph.js'
import {
  connection,
  indexOf,
  isFiltering,
  joinedStatistics,
  joinGraph,
  joinSets,
  semiJoinOf,
} from './join-graph.js'

/*
 * Costs in rows handled: hashing and storing a build row is about twice the work of probing with one; a nested loop looks
 * at every pair.
 */
const BUILD_ROW = 2
const PROBE_ROW = 1
const OUTPUT_ROW = 1
const PAIR = 0.1
/** An outer join is turned around when its build side has this many times the bytes of the other. */
const FLIP_RATIO = 2

/**
 * Orders inner joins by estimated cost: bushy trees by dynamic programming over connected sets of relations, greedily
 * above `maxReorderedJoins`; no cross product unless the query has one (or a side is a single row); the build side is
 * the one that makes the join cheaper.
 * @source Selinger et al. (SIGMOD 1979); Moerkotte and Neumann, Analysis of Two Existing and One New Dynamic Programming
 * Algorithm (VLDB 2006); Fegaras, A New Heuristic for Optimizing Large Queries (1998) for the greedy one
 */
export function orderJoins(plan: PlanNode, context: OptimizerContext): PlanNode {
  if (context.session.joinReorderingStrategy === 'NONE') return plan
  return reorder(plan, context)
}

function reorder(node: PlanNode, context: OptimizerContext): PlanNode {
  const semi = node.kind === 'semiJoin' && node.mode !== 'mark'
  if (node.kind !== 'join' && !(semi && standsOnJoin(node))) {
    return withSources(
      node,
      sourcesOf(node).map((source) => reorder(source, context)),
    )
  }
  if (node.kind === 'join' && node.type !== 'inner') return orientOuter(node, context)
  const graph = joinGraph(throughIdentities(node), (leaf) => reorder(leaf, context), context)
  const ordered =
    context.session.joinReorderingStrategy === 'ELIMINATE_CROSS_JOINS'
      ? inWrittenOrder(graph, context)
      : graph.leaves.length <= context.session.maxReorderedJoins
        ? enumerate(graph, context)
        : greedily(graph, context)
  return filterOver(context, build(graph, ordered, context), graph.above)
}

/** Tells whether semi-joins stand on an inner join, so that their place is to be decided. */
function standsOnJoin(node: PlanNode): boolean {
  const below = throughIdentities(node)
  if (below.kind === 'join') return below.type === 'inner'
  return below.kind === 'semiJoin' && below.mode !== 'mark' && standsOnJoin(below.source)
}

const isOrdered = (node: PlanNode): boolean =>
  (node.kind === 'join' && node.type === 'inner') ||
  (node.kind === 'semiJoin' && node.mode !== 'mark')

/** Removes projections that only drop columns from between joins: pruning puts back what is worth it. */
function throughIdentities(node: PlanNode): PlanNode {
  if (node.kind === 'project' && node.assignments.every(isIdentity)) {
    const below = throughIdentities(node.source)
    return isOrdered(below) ? below : node
  }
  if (node.kind === 'semiJoin' && node.mode !== 'mark') {
    return withSources(node, [throughIdentities(node.source), node.filteringSource])
  }
  if (node.kind !== 'join' || node.type !== 'inner') return node
  return withSources(node, [throughIdentities(node.left), throughIdentities(node.right)])
}

function orientOuter(node: JoinNode, context: OptimizerContext): PlanNode {
  const left = reorder(node.left, context)
  const right = reorder(node.right, context)
  const over = withSources(node, [left, right]) as JoinNode
  if (node.criteria.length === 0 || context.session.joinReorderingStrategy !== 'AUTOMATIC')
    return over
  const { estimator } = context
  const leftKnown = estimator.of(left).known
  const rightKnown = estimator.of(right).known
  if (!leftKnown) return over
  const larger = estimator.outputBytes(right) > FLIP_RATIO * estimator.outputBytes(left)
  if (rightKnown && !larger) return over
  return {
    ...over,
    type: node.type === 'left' ? 'right' : node.type === 'right' ? 'left' : 'full',
    left: right,
    right: left,
    criteria: node.criteria.map((c) => ({ left: c.right, right: c.left })),
    leftOutputs: node.rightOutputs,
    rightOutputs: node.leftOutputs,
  }
}

/** A way to join a set of relations. */
interface Candidate {
  readonly mask: bigint
  readonly stats: PlanStatistics
  readonly cost: number
  /** Probe and build side; absent for a relation. */
  readonly sides?: readonly [Candidate, Candidate]
}

const bit = (i: number): bigint => 1n << BigInt(i)

const relations = (graph: JoinGraph, context: OptimizerContext): Candidate[] =>
  graph.leaves.map((leaf, i) => ({ mask: bit(i), stats: context.estimator.of(leaf), cost: 0 }))

/** The statistics of a join of two sets; undefined where a relation that filters can't be applied to the other set. */
function statisticsOf(graph: JoinGraph, a: Candidate, b: Candidate): PlanStatistics | undefined {
  const edge = semiJoinOf(graph, a.mask, b.mask)
  if (edge !== undefined) return semiJoinStatistics(edge.node, a.stats, b.stats)
  if (isFiltering(graph, b.mask)) return undefined
  return isFiltering(graph, a.mask) ? statisticsOf(graph, b, a) : joinedStatistics(graph, a, b)
}

/** The cheaper of the two ways round; a relation that filters is built. */
function joinCandidates(
  graph: JoinGraph,
  a: Candidate,
  b: Candidate,
  stats: PlanStatistics,
): Candidate {
  if (isFiltering(graph, a.mask)) return joinCandidates(graph, b, a, stats)
  if (isFiltering(graph, b.mask)) {
    const cost = a.cost + b.cost + a.stats.rowCount * PROBE_ROW + b.stats.rowCount * BUILD_ROW
    return { mask: a.mask | b.mask, stats, cost: cost + stats.rowCount, sides: [a, b] }
  }
  const below = a.cost + b.cost + stats.rowCount * OUTPUT_ROW
  const rowsA = a.stats.rowCount
  const rowsB = b.stats.rowCount
  const loops = connection(graph, a.mask, b.mask) !== 'equality' ? rowsA * rowsB * PAIR : 0
  const costOf = (probe: number, built: number) =>
    below + probe * PROBE_ROW + built * BUILD_ROW + loops
  const forward = costOf(rowsA, rowsB)
  const backward = costOf(rowsB, rowsA)
  const mask = a.mask | b.mask
  const probeFirst = { mask, stats, cost: forward, sides: [a, b] } as const
  const probeSecond = { mask, stats, cost: backward, sides: [b, a] } as const
  // What nobody knows the size of (a stream) is not stored: it may never end, and its rows are to come out as they come in.
  if (a.stats.known !== b.stats.known) return a.stats.known ? probeSecond : probeFirst
  return forward <= backward ? probeFirst : probeSecond
}

/** The cheapest tree over all relations. O(3^n) pairs of sets. */
function enumerate(graph: JoinGraph, context: OptimizerContext): Candidate {
  const count = graph.leaves.length
  const best = new Map<number, Candidate>()
  relations(graph, context).forEach((leaf, i) => {
    best.set(1 << i, leaf)
  })
  const scalars = graph.leaves.reduce((m, leaf, i) => (isAtMostScalar(leaf) ? m | (1 << i) : m), 0)
  const all = (1 << count) - 1
  for (let set = 1; set <= all; set++) {
    if ((set & (set - 1)) === 0) continue
    const lowest = set & -set
    let cheapest: Candidate | undefined
    let stats: PlanStatistics | undefined
    // Each unordered pair once: the part with the lowest relation first.
    for (let part = (set - 1) & set; part > 0; part = (part - 1) & set) {
      if ((part & lowest) === 0) continue
      const a = best.get(part)
      const b = best.get(set ^ part)
      if (a === undefined || b === undefined) continue
      if (!mayJoin(graph, a, b, isSingle(part, scalars) || isSingle(set ^ part, scalars))) continue
      // One estimate a set, so that orders are compared by what they handle and not by how they were estimated.
      stats ??= statisticsOf(graph, a, b)
      if (stats === undefined) continue
      const candidate = joinCandidates(graph, a, b, stats)
      if (cheapest === undefined || candidate.cost < cheapest.cost) cheapest = candidate
    }
    if (cheapest !== undefined) best.set(set, cheapest)
  }
  const whole = best.get(all)
  return whole ?? greedily(graph, context)
}

/** Tells whether two sets are joined directly: a product only with a single row. */
function mayJoin(graph: JoinGraph, a: Candidate, b: Candidate, single: boolean): boolean {
  if (isFiltering(graph, a.mask)) return semiJoinOf(graph, b.mask, a.mask) !== undefined
  if (isFiltering(graph, b.mask)) return semiJoinOf(graph, a.mask, b.mask) !== undefined
  return single || connection(graph, a.mask, b.mask) !== 'none'
}

const isSingle = (part: number, scalars: number): boolean =>
  (part & (part - 1)) === 0 && (part & scalars) !== 0

/** A pair of parts that may be joined next; connected pairs have a lower rank. */
interface GreedyPair {
  readonly a: Candidate
  readonly b: Candidate
  readonly joined: Candidate
  readonly rank: number
}

/** Joins the pair with the fewest rows first, connected pairs before others. O(n²) estimates: a pair is looked at once. */
function greedily(graph: JoinGraph, context: OptimizerContext): Candidate {
  let parts = relations(graph, context)
  let pairs = parts.flatMap((a, i) => greedyPairs(graph, a, parts.slice(i + 1)))
  while (parts.length > 1) {
    const { a, b, joined } = pairs.reduce((best, pair) => (isBetter(pair, best) ? pair : best))
    const touches = (part: Candidate): boolean => part === a || part === b
    parts = parts.filter((part) => !touches(part))
    pairs = [
      ...pairs.filter((pair) => !touches(pair.a) && !touches(pair.b)),
      ...greedyPairs(graph, joined, parts),
    ]
    parts.push(joined)
  }
  return parts[0]!
}

function greedyPairs(graph: JoinGraph, a: Candidate, others: readonly Candidate[]): GreedyPair[] {
  const pairs: GreedyPair[] = []
  for (const b of others) {
    const filters = isFiltering(graph, a.mask) || isFiltering(graph, b.mask)
    if (filters && !mayJoin(graph, a, b, false)) continue
    const stats = statisticsOf(graph, a, b)
    if (stats === undefined) continue
    const kind = filters ? 'equality' : connection(graph, a.mask, b.mask)
    const rank = kind === 'equality' ? 0 : kind === 'condition' ? 1 : 2
    pairs.push({ a, b, joined: joinCandidates(graph, a, b, stats), rank })
  }
  return pairs
}

const isBetter = (pair: GreedyPair, than: GreedyPair): boolean =>
  pair.rank < than.rank ||
  (pair.rank === than.rank && pair.joined.stats.rowCount < than.joined.stats.rowCount)

/** The order as written, but a relation only once something connects it. @source Trino EliminateCrossJoins */
function inWrittenOrder(graph: JoinGraph, context: OptimizerContext): Candidate {
  const [first, ...rest] = relations(graph, context) as [Candidate, ...Candidate[]]
  let joined = first
  while (rest.length > 0) {
    const connected = (next: Candidate): boolean =>
      isFiltering(graph, next.mask)
        ? semiJoinOf(graph, joined.mask, next.mask) !== undefined
        : connection(graph, joined.mask, next.mask) === 'equality'
    const any = rest.findIndex((next) => !isFiltering(graph, next.mask))
    const found = rest.findIndex(connected)
    const [next] = rest.splice(found >= 0 ? found : Math.max(any, 0), 1) as [Candidate]
    const stats = statisticsOf(graph, joined, next) ?? joined.stats
    joined = { mask: joined.mask | next.mask, stats, cost: 0, sides: [joined, next] }
  }
  return joined
}

function build(graph: JoinGraph, candidate: Candidate, context: OptimizerContext): PlanNode {
  if (candidate.sides === undefined) {
    return graph.leaves[indexOf(candidate.mask)] as PlanNode
  }
  const [probe, built] = candidate.sides
  const semi = semiJoinOf(graph, probe.mask, built.mask)
  if (semi !== undefined) {
    const source = build(graph, probe, context)
    return { ...semi.node, source, filteringSource: build(graph, built, context) }
  }
  return joinSets(
    graph,
    { mask: probe.mask, plan: build(graph, probe, context) },
    { mask: built.mask, plan: build(graph, built, context) },
    context,
  )
}
