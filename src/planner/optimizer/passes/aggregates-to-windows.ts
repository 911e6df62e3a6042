import type { Expression } from '../../../expressions/ir.js'
import type { AggregationNode, PlanNode, WindowFrame } from '../../plan/node.js'
import { outputsOf, sourcesOf, withSources } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import {
  type AggregateRelation,
  aggregateRelation,
  type Definitions,
  expand,
  type FlatJoins,
  flattenJoins,
} from '../analysis/flat-joins.js'
import { rename } from '../analysis/same-plan.js'
import { filterOver, joinOver, project, projectOver } from '../build.js'
import type { OptimizerContext } from '../context.js'
import { type EqualityInference, inferEqualities } from '../expression/equality-inference.js'
import { equal, namesOf, readsAny, readsOnly, symbolOf } from '../expression/predicates.js'
import { expressionKey, sameExpression, symbolsOf } from '../expression/tree.js'
import { type Matching, matchings } from '../sharing/matching-relations.js'
import { pushDownPredicates } from './predicate-pushdown.js'

/** A window does several times the work of an aggregation for a row: it must have so many times fewer. */
const FEWER_ROWS = 8

/** The frame of a window without an order. */
const WHOLE_PARTITION: WindowFrame = {
  unit: 'range',
  start: { kind: 'unbounded preceding' },
  end: { kind: 'current row' },
}

/**
 * Inner joins of relations and of a grouping of the same relations, joined on all its keys, become a window over one join of
 * them: each is read once (TPC-H Q2 and Q17). Relations that are joined by the keys alone are joined below the window, and
 * must leave few of the rows. They drop or repeat all rows of a group alike, which changes no minimum, maximum or exact
 * average.
 * @source Zuzarte et al., WinMagic: Subquery Elimination Using Window Aggregation (SIGMOD 2003)
 */
export async function aggregatesToWindows(
  plan: PlanNode,
  context: OptimizerContext,
): Promise<PlanNode> {
  if (context.session.joinReorderingStrategy !== 'AUTOMATIC' || !hasCandidate(plan)) return plan
  await context.tables.load(plan)
  const rewritten = rewriteAll(plan, context)
  // The relations' own filters were put above all joins.
  return rewritten === plan ? plan : pushDownPredicates(rewritten, context)
}

const isInnerJoin = (node: PlanNode): boolean => node.kind === 'join' && node.type === 'inner'

/** Most plans have none: they are left alone at once. */
const hasCandidate = (node: PlanNode, isJoined = false): boolean =>
  (isJoined && node.kind === 'aggregation' && ignoresRepetition(node)) ||
  sourcesOf(node).some((source) => hasCandidate(source, isJoined || isInnerJoin(node)))

/** @param inJoins the node is a part of a tree of inner joins that is looked at as a whole */
function rewriteAll(node: PlanNode, context: OptimizerContext, inJoins = false): PlanNode {
  const joins = isInnerJoin(node)
  const stays = inJoins && (node.kind === 'filter' || node.kind === 'project')
  const sources = sourcesOf(node)
  const below = sources.map((source) => rewriteAll(source, context, joins || stays))
  const over = below.every((source, i) => source === sources[i]) ? node : withSources(node, below)
  return joins && !inJoins ? (rewriteJoins(over, context) ?? over) : over
}

function rewriteJoins(root: PlanNode, context: OptimizerContext): PlanNode | undefined {
  const graph = flattenJoins(root)
  for (const relation of graph?.relations ?? []) {
    const aggregate = eligible(relation)
    const inner = aggregate === undefined ? undefined : flattenJoins(aggregate.node.source)
    if (graph === undefined || aggregate === undefined || inner === undefined) continue
    const others = graph.relations.filter((other) => other !== relation)
    for (const matching of matchings(others, inner.relations, context)) {
      const found = { root, graph, aggregate, inner, matching }
      const rewritten = rewriteMatch(found, context)
      if (rewritten !== undefined) return rewritten
    }
  }
  return undefined
}

/** A grouping whose aggregates don't change when all rows of a group are repeated equally often. */
function eligible(relation: PlanNode): AggregateRelation | undefined {
  const found = aggregateRelation(relation)
  return found !== undefined && ignoresRepetition(found.node) ? found : undefined
}

function ignoresRepetition(node: AggregationNode): boolean {
  const { groupingKeys, globalGroupingSets, groupIdSymbol, aggregations, step } = node
  if (step !== 'single' || groupingKeys.length === 0 || aggregations.length === 0) return false
  if (globalGroupingSets.length > 0 || groupIdSymbol !== undefined) return false
  return aggregations.every(({ call }) => {
    const { name } = call.function
    const [arg] = call.args
    if (arg?.kind !== 'symbol' || call.args.length > 1 || call.distinct) return false
    if (call.filter !== undefined || call.mask !== undefined || call.orderBy !== undefined) {
      return false
    }
    return name === 'min' || name === 'max' || (name === 'avg' && hasExactSum(arg))
  })
}

/** Rounding depends on how often doubles are added; sums of these have room for any number of rows. */
const hasExactSum = ({ type }: Pick<Expression, 'type'>): boolean =>
  type.kind === 'decimal' && type.precision <= 18

interface Found {
  readonly root: PlanNode
  readonly graph: FlatJoins
  readonly aggregate: AggregateRelation
  /** The joins that are grouped. */
  readonly inner: FlatJoins
  /** Of the graph's relations but the aggregate with those of `inner`. */
  readonly matching: Matching
}

function rewriteMatch(found: Found, context: OptimizerContext): PlanNode | undefined {
  const { root, graph, aggregate, inner, matching } = found
  const keys = matchedKeys(found)
  if (keys === undefined) return undefined
  const own = inner.conjuncts.map((e) => rename(e, matching.names))
  const definitions = columnsOver(aggregate, keys)
  const conjuncts = graph.conjuncts.map((e) => expand(e, definitions))
  const aggregates = namesOf(aggregate.node.aggregations.map((a) => a.symbol))
  const matched = matching.relations.filter((_, i) => matching.places.has(i))
  const checked = conjuncts.filter((e) => !readsAny(e, aggregates))
  const equalities = inferEqualities(checked)
  if (!isSameRestriction(checked, own, namesOf(matched.flatMap(outputsOf)), equalities)) {
    return undefined
  }
  const narrowing = narrowingRelations(found, checked, keys, own, equalities)
  if (narrowing === undefined) return undefined
  const below = joinedBy(matched, own, context)
  const narrowed = joinedBy(
    [...matched, ...narrowing.relations],
    [...own, ...narrowing.conjuncts],
    context,
  )
  if (!pays(below, narrowed, context)) return undefined
  const window = windowOver(narrowed, found, keys, context)
  const rest = matching.relations.filter(
    (r) => !matched.includes(r) && !narrowing.relations.includes(r),
  )
  const done = [...own, ...narrowing.conjuncts]
  const known = inferEqualities(done)
  const left = conjuncts.filter((e) => !isImplied(e, done, known))
  const joined = joinedBy([window, ...rest], left, context)
  return projectOver(
    context,
    joined,
    outputsOf(root).map((symbol) => ({
      symbol,
      expression: expand(expand(symbolOf(symbol), graph.definitions), definitions),
    })),
  )
}

/** The outer columns of the aggregation's keys; undefined where one of them is not joined on. */
function matchedKeys({ graph, aggregate, inner, matching }: Found): Definitions | undefined {
  const renames = new Map(
    [...aggregate.definitions].flatMap(([name, e]) =>
      e.kind === 'symbol' ? [[name, { name: e.name, type: e.type }] as const] : [],
    ),
  )
  const { sets } = inferEqualities(graph.conjuncts.map((e) => rename(e, renames)))
  const keys = new Map<string, Expression>()
  for (const key of aggregate.node.groupingKeys) {
    const outer = rename(expand(symbolOf(key), inner.definitions), matching.names)
    const joined = sets.some(
      (set) =>
        set.some((e) => sameExpression(e, symbolOf(key))) &&
        set.some((e) => sameExpression(e, outer)),
    )
    // A column that only the aggregation reads, as the matching adds it under its name, is not joined on.
    if (outer.kind !== 'symbol' || outer.name === key.name || !joined) return undefined
    keys.set(key.name, outer)
  }
  return keys
}

/** The aggregate's columns, its keys by the outer ones. */
function columnsOver(aggregate: AggregateRelation, keys: Definitions): Definitions {
  return new Map([...aggregate.definitions].map(([name, e]) => [name, expand(e, keys)]))
}

/** Tells whether the query restricts the matched relations by what the aggregation does, and by nothing else. */
function isSameRestriction(
  checked: readonly Expression[],
  own: readonly Expression[],
  matched: ReadonlySet<string>,
  equalities: EqualityInference,
): boolean {
  const ofOwn = inferEqualities(own)
  const outside = checked.filter((e) => readsOnly(e, matched) && !isTrivial(e))
  return (
    own.every((e) => isImplied(e, checked, equalities)) &&
    outside.every((e) => isImplied(e, own, ofOwn))
  )
}

/** `x = x`, as a key's equality with the column that it is grouped from has become: x is not null. */
const isTrivial = (e: Expression): boolean =>
  e.kind === 'comparison' && e.operator === '=' && sameExpression(e.left, e.right)

function isImplied(e: Expression, by: readonly Expression[], { sets }: EqualityInference): boolean {
  if (by.some((other) => sameExpression(other, e))) return true
  if (e.kind !== 'comparison' || e.operator !== '=') return false
  return sets.some(
    (set) =>
      set.some((member) => sameExpression(member, e.left)) &&
      set.some((member) => sameExpression(member, e.right)),
  )
}

/**
 * The relations whose columns are equal to keys, and of which no condition looks at other columns of the matched relations,
 * with the conditions on them and the keys.
 */
function narrowingRelations(
  { matching }: Found,
  checked: readonly Expression[],
  keys: Definitions,
  own: readonly Expression[],
  { sets }: EqualityInference,
): FlatJoins | undefined {
  const keyNames = new Set([...keys.values()].flatMap((key) => [...symbolsOf(key)]))
  const matched = matching.relations.filter((_, i) => matching.places.has(i))
  const others = new Set(
    [...namesOf(matched.flatMap(outputsOf))].filter((name) => !keyNames.has(name)),
  )
  const links: Expression[] = []
  const relations = matching.relations.filter((relation, i) => {
    const names = namesOf(outputsOf(relation))
    if (matching.places.has(i)) return false
    if (checked.some((e) => readsAny(e, names) && readsAny(e, others))) return false
    const found = [...keys.values()].flatMap((key) => {
      const set = sets.find((members) => members.some((e) => sameExpression(e, key)))
      const column = set?.find((e) => e.kind === 'symbol' && names.has(e.name))
      return column === undefined ? [] : [equal(key, column)]
    })
    links.push(...found)
    return found.length > 0
  })
  if (relations.length === 0) return undefined
  const columns = namesOf(relations.flatMap(outputsOf))
  const readable = new Set([...columns, ...keyNames])
  const ownKeys = new Set(own.map(expressionKey))
  const conjuncts = checked.filter(
    (e) => readsOnly(e, readable) && readsAny(e, columns) && !ownKeys.has(expressionKey(e)),
  )
  return { relations, conjuncts: [...links, ...conjuncts], definitions: new Map() }
}

/** Inner joins of relations under conditions, each relation after one that it is joined with where there is one. */
function joinedBy(
  relations: readonly PlanNode[],
  conjuncts: readonly Expression[],
  context: OptimizerContext,
): PlanNode {
  const left = [...relations]
  let joined = left.shift() as PlanNode
  while (left.length > 0) {
    const names = namesOf(outputsOf(joined))
    const linked = left.findIndex((relation) => {
      const own = namesOf(outputsOf(relation))
      return conjuncts.some((e) => readsAny(e, names) && readsAny(e, own))
    })
    const [next] = left.splice(Math.max(0, linked), 1)
    joined = joinOver(context, 'inner', joined, next as PlanNode, [])
  }
  return pushDownPredicates(filterOver(context, joined, conjuncts), context)
}

function pays(below: PlanNode, narrowed: PlanNode, { estimator }: OptimizerContext): boolean {
  const [all, few] = [estimator.of(below), estimator.of(narrowed)]
  return all.known && few.known && few.rowCount * FEWER_ROWS <= all.rowCount
}

function windowOver(
  source: PlanNode,
  { aggregate, inner, matching }: Found,
  keys: Definitions,
  context: OptimizerContext,
): PlanNode {
  const calls = aggregate.node.aggregations
  const args = calls.map(({ call }) =>
    rename(expand(call.args[0] as Expression, inner.definitions), matching.names),
  )
  const { node, symbols } = project(context, source, args)
  return {
    kind: 'window',
    id: context.ids.next(),
    source: node,
    partitionBy: distinctSymbols([...keys.values()]),
    orderBy: [],
    functions: calls.map(({ symbol, call }, i) => ({
      symbol,
      function: call.function,
      args: [symbolOf(symbols[i] as PlanSymbol)],
      frame: WHOLE_PARTITION,
      ignoreNulls: false,
    })),
  }
}

function distinctSymbols(expressions: readonly Expression[]): readonly PlanSymbol[] {
  const found = new Map<string, PlanSymbol>()
  for (const e of expressions) {
    if (e.kind === 'symbol') found.set(e.name, { name: e.name, type: e.type })
  }
  return [...found.values()]
}
