import type { Expression } from '../../../expressions/ir.js'
import { BIGINT } from '../../../spi/index.js'
import type {
  AggregationNode,
  Assignment,
  FilterNode,
  JoinNode,
  PlanNode,
  ProjectNode,
  SemiJoinNode,
  SetOperationNode,
  UnnestNode,
} from '../../plan/node.js'
import { outputsOf, withSources } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { planReadsAny } from '../analysis/reads.js'
import { extend, filterOver, identityAssignment, newSymbol, project } from '../build.js'
import type { OptimizerContext } from '../context.js'
import { equalMeansSame } from '../expression/equality-inference.js'
import {
  and,
  conjunctsOf,
  constant,
  equal,
  namesOf,
  or,
  readsAny,
  readsOnly,
  symbolOf,
} from '../expression/predicates.js'
import { expressionKey, isDeterministic, substitute, symbolsOf } from '../expression/tree.js'

/** An inner symbol that must equal an expression of the outer query. */
export interface Pin {
  readonly inner: PlanSymbol
  /** Over symbols of the outer query alone. */
  readonly outer: Expression
}

/** A subquery without reference to the outer query, and what made it correlated. */
export interface Decorrelated {
  readonly node: PlanNode
  readonly pins: readonly Pin[]
  /** Other conjuncts over outer symbols and outputs of node that a pair of rows must satisfy. */
  readonly predicates: readonly Expression[]
}

export interface DecorrelateOptions {
  /** Only whether a row exists matters: limits and orders count for nothing. */
  readonly existence?: boolean
}

/**
 * Pulls the correlated predicates of a subquery up to its top: for an outer row, the rows of the subquery are the
 * rows of `node` for which all pins and predicates are true. What aggregates, limits or ranks does so for each
 * combination of the pinned symbols. Undefined where a shape doesn't allow it.
 * @source Trino PlanNodeDecorrelator; Neumann and Kemper, Unnesting Arbitrary Queries (BTW 2015)
 */
export function decorrelate(
  node: PlanNode,
  outer: ReadonlySet<string>,
  context: OptimizerContext,
  options: DecorrelateOptions = {},
): Decorrelated | undefined {
  if (!planReadsAny(node, outer)) return { node, pins: [], predicates: [] }
  const inner = (source: PlanNode, o = options) => decorrelate(source, outer, context, o)
  switch (node.kind) {
    case 'filter':
      return ofFilter(node, inner(node.source, {}), outer, context)
    case 'project':
      return ofProject(node, inner(node.source), outer, context)
    case 'aggregation':
      // With its keys, an aggregation has a row where its source has one, but DISTINCT may not be limited first.
      return ofAggregation(node, inner(node.source, {}))
    case 'join':
      return ofJoin(node, outer, context, inner)
    case 'semiJoin':
      return ofSemiJoin(node, outer, inner)
    case 'setOperation':
      return ofSetOperation(node, outer, context)
    case 'sort':
      // A subquery's order means nothing outside of it.
      return inner(node.source)
    case 'limit': {
      if (options.existence === true && node.count > 0) return inner(node.source)
      if (node.tiesOrderBy !== undefined || node.count === 0) return undefined
      if (isOrdered(node.source)) return undefined
      const source = inner(node.source, {})
      if (source === undefined || source.predicates.length > 0) return undefined
      return ranked(source, undefined, node.count, context)
    }
    case 'topN': {
      if (options.existence === true && node.count > 0) return inner(node.source)
      const source = inner(node.source, {})
      if (source === undefined || source.predicates.length > 0 || node.count === 0) return undefined
      return ranked(source, node.orderBy, node.count, context)
    }
    case 'assignUniqueId':
    case 'asyncCall':
    case 'exchange': {
      const source = inner(node.source, {})
      return source && { ...source, node: withSources(node, [source.node]) }
    }
    case 'markDistinct': {
      const source = inner(node.source, {})
      if (source === undefined || source.predicates.length > 0) return undefined
      const distinctSymbols = union(node.distinctSymbols, innersOf(source))
      return { ...source, node: { ...node, source: source.node, distinctSymbols } }
    }
    case 'window':
    case 'rowNumber':
    case 'topNRanking': {
      const source = inner(node.source, {})
      if (source === undefined || source.predicates.length > 0) return undefined
      const partitionBy = union(node.partitionBy, innersOf(source))
      const over = withSources(node, [source.node]) as typeof node
      return { ...source, node: { ...over, partitionBy } }
    }
    case 'unnest':
      return ofUnnest(node, outer, inner(node.source, {}))
    default:
      return undefined
  }
}

const innersOf = (d: Decorrelated): readonly PlanSymbol[] => d.pins.map((pin) => pin.inner)

export function union(
  symbols: readonly PlanSymbol[],
  more: readonly PlanSymbol[],
): readonly PlanSymbol[] {
  const names = new Set(symbols.map((s) => s.name))
  return [...symbols, ...more.filter((s) => !names.has(s.name) && names.add(s.name))]
}

function ofFilter(
  node: FilterNode,
  source: Decorrelated | undefined,
  outer: ReadonlySet<string>,
  context: OptimizerContext,
): Decorrelated | undefined {
  if (source === undefined) return undefined
  const own: Expression[] = []
  const pins: { inner: Expression; outer: Expression }[] = []
  const predicates: Expression[] = [...source.predicates]
  for (const e of conjunctsOf(node.predicate)) {
    if (!readsAny(e, outer)) {
      own.push(e)
      continue
    }
    if (!isDeterministic(e)) return undefined
    const pin = pinOf(e, outer)
    if (pin !== undefined) pins.push(pin)
    else predicates.push(e)
  }
  const projected = project(
    context,
    filterOver(context, source.node, own),
    pins.map((pin) => pin.inner),
  )
  const added = pins.map((pin, i) => ({
    inner: projected.symbols[i] as PlanSymbol,
    outer: pin.outer,
  }))
  return { node: projected.node, pins: [...source.pins, ...added], predicates }
}

/** The two sides of `inner = outer`. */
function pinOf(
  e: Expression,
  outer: ReadonlySet<string>,
): { inner: Expression; outer: Expression } | undefined {
  if (e.kind !== 'comparison' || e.operator !== '=') return undefined
  const side = (a: Expression, b: Expression) =>
    symbolsOf(a).size > 0 && !readsAny(a, outer) && symbolsOf(b).size > 0 && readsOnly(b, outer)
  if (side(e.left, e.right)) return { inner: e.left, outer: e.right }
  if (side(e.right, e.left)) return { inner: e.right, outer: e.left }
  return undefined
}

/** Names of the inner symbols that pins and predicates need above. */
function neededOf(d: Decorrelated, outer: ReadonlySet<string>): ReadonlySet<string> {
  const names = new Set(d.pins.map((pin) => pin.inner.name))
  for (const e of d.predicates)
    for (const name of symbolsOf(e)) if (!outer.has(name)) names.add(name)
  return names
}

/** Replaces outer symbols by the inner symbols pinned to them; undefined if others remain. */
function withoutOuter(
  e: Expression,
  d: Decorrelated,
  outer: ReadonlySet<string>,
): Expression | undefined {
  const replaced = substitute(e, (name, type) => {
    if (!outer.has(name) || !equalMeansSame(type)) return undefined
    const pin = d.pins.find((p) => p.outer.kind === 'symbol' && p.outer.name === name)
    return pin === undefined ? undefined : symbolOf(pin.inner)
  })
  return readsAny(replaced, outer) ? undefined : replaced
}

function ofProject(
  node: ProjectNode,
  source: Decorrelated | undefined,
  outer: ReadonlySet<string>,
  context: OptimizerContext,
): Decorrelated | undefined {
  if (source === undefined) return undefined
  const assignments = []
  for (const { symbol, expression } of node.assignments) {
    const own = withoutOuter(expression, source, outer)
    if (own === undefined) return undefined
    assignments.push({ symbol, expression: own })
  }
  const given = namesOf(node.assignments.map((a) => a.symbol))
  const needed = neededOf(source, outer)
  const passed = outputsOf(source.node).filter((s) => needed.has(s.name) && !given.has(s.name))
  const over: ProjectNode = {
    ...node,
    id: context.ids.next(),
    source: source.node,
    assignments: [...assignments, ...passed.map(identityAssignment)],
  }
  return { ...source, node: over }
}

function ofAggregation(
  node: AggregationNode,
  source: Decorrelated | undefined,
): Decorrelated | undefined {
  if (source === undefined || node.globalGroupingSets.length > 0) return undefined
  if (node.groupIdSymbol !== undefined) return undefined
  const groupingKeys = union(node.groupingKeys, innersOf(source))
  const keys = namesOf(groupingKeys)
  const inner = namesOf(outputsOf(source.node))
  // A predicate on keys alone holds for all rows of a group or none, so it may wait until after grouping.
  const onKeys = source.predicates.every((e) =>
    [...symbolsOf(e)].every((name) => keys.has(name) || !inner.has(name)),
  )
  if (!onKeys) return undefined
  return { ...source, node: { ...node, source: source.node, groupingKeys } }
}

function ofJoin(
  node: JoinNode,
  outer: ReadonlySet<string>,
  context: OptimizerContext,
  inner: (source: PlanNode, options?: DecorrelateOptions) => Decorrelated | undefined,
): Decorrelated | undefined {
  const left = inner(node.left, {})
  const right = inner(node.right, {})
  if (left === undefined || right === undefined) return undefined
  const conjuncts = conjunctsOf(node.filter)
  const own = conjuncts.filter((e) => !readsAny(e, outer))
  const correlated = conjuncts.filter((e) => readsAny(e, outer))
  const clean = (d: Decorrelated) => d.pins.length === 0 && d.predicates.length === 0
  const padsLeft = node.type === 'right' || node.type === 'full'
  const padsRight = node.type === 'left' || node.type === 'full'
  if (padsRight && !clean(right)) return undefined
  if (padsLeft && !clean(left)) return undefined
  if (node.type !== 'inner' && correlated.length > 0) return undefined
  const filter = and(own)
  const { filter: _, ...fields } = node
  const joined: JoinNode = {
    ...fields,
    left: left.node,
    right: right.node,
    ...(own.length === 0 ? {} : { filter }),
    leftOutputs: outputsOf(left.node),
    rightOutputs: outputsOf(right.node),
  }
  const below: Decorrelated = {
    node: joined,
    pins: [...left.pins, ...right.pins],
    predicates: [...left.predicates, ...right.predicates],
  }
  if (correlated.length === 0) return below
  const filterNode: FilterNode = {
    kind: 'filter',
    id: context.ids.next(),
    source: joined,
    predicate: and(correlated),
  }
  return ofFilter(filterNode, below, outer, context)
}

function ofSemiJoin(
  node: SemiJoinNode,
  outer: ReadonlySet<string>,
  inner: (source: PlanNode, options?: DecorrelateOptions) => Decorrelated | undefined,
): Decorrelated | undefined {
  if (planReadsAny(node.filteringSource, outer)) return undefined
  const source = inner(node.source, {})
  if (source === undefined) return undefined
  const criteria = []
  for (const { left, right } of node.criteria) {
    if (!outer.has(left.name)) criteria.push({ left, right })
    else {
      const pinned = withoutOuter(symbolOf(left), source, outer)
      if (pinned?.kind !== 'symbol') return undefined
      criteria.push({ left: { name: pinned.name, type: pinned.type }, right })
    }
  }
  const filter = node.filter && withoutOuter(node.filter, source, outer)
  if (node.filter !== undefined && filter === undefined) return undefined
  const { filter: _, ...fields } = node
  const over = { ...fields, criteria, source: source.node, ...(filter && { filter }) }
  return { ...source, node: over }
}

/** Tells whether a limit over a node would take its first rows by an order. */
function isOrdered(node: PlanNode): boolean {
  if (node.kind === 'sort') return true
  return (node.kind === 'project' || node.kind === 'filter') && isOrdered(node.source)
}

function ofSetOperation(
  node: SetOperationNode,
  outer: ReadonlySet<string>,
  context: OptimizerContext,
): Decorrelated | undefined {
  const sources: Decorrelated[] = []
  for (const source of node.sources) {
    const d = decorrelate(source, outer, context)
    if (d === undefined) return undefined
    sources.push(d)
  }
  return (
    pinnedAlike(node, sources, context) ??
    (node.operation === 'union' && !node.distinct
      ? eachForItself(node, sources, outer, context)
      : undefined)
  )
}

/** All sources pinned to the same outer expressions and nothing else: these become columns of the result. */
function pinnedAlike(
  node: SetOperationNode,
  sources: readonly Decorrelated[],
  context: OptimizerContext,
): Decorrelated | undefined {
  if (sources.some((d) => d.predicates.length > 0)) return undefined
  const pinOfKey = sources.map((d) => new Map(d.pins.map((p) => [expressionKey(p.outer), p])))
  const [first, ...others] = pinOfKey as [Map<string, Pin>, ...Map<string, Pin>[]]
  const keys = [...first.keys()]
  if (others.some((pins) => pins.size !== keys.length || !keys.every((k) => pins.has(k)))) {
    return undefined
  }
  const pins = keys.map((key): Pin => {
    const { inner, outer: expression } = first.get(key) as Pin
    return { inner: newSymbol(context, inner.name, inner.type), outer: expression }
  })
  // A second pin on the same outer expression compares two inner symbols of that source.
  const nodes = sources.map((d, i) => {
    const chosen = pinOfKey[i] as Map<string, Pin>
    const repeated = d.pins.filter((p) => chosen.get(expressionKey(p.outer)) !== p)
    const checks = repeated.map((p) => {
      const kept = chosen.get(expressionKey(p.outer)) as Pin
      return equal(symbolOf(p.inner), symbolOf(kept.inner))
    })
    return filterOver(context, d.node, checks)
  })
  const inputs = node.inputs.map((list, i) => [
    ...list,
    ...keys.map((key) => ((pinOfKey[i] as Map<string, Pin>).get(key) as Pin).inner),
  ])
  const outputs = [...node.outputs, ...pins.map((pin) => pin.inner)]
  return { node: { ...node, sources: nodes, inputs, outputs }, pins, predicates: [] }
}

/** Rows of a union carry the number of their source and what its conditions read; the condition is that of the source. */
function eachForItself(
  node: SetOperationNode,
  sources: readonly Decorrelated[],
  outer: ReadonlySet<string>,
  context: OptimizerContext,
): Decorrelated {
  const number = newSymbol(context, 'source', BIGINT)
  const carried = sources.map((d) => {
    const needed = neededOf(d, outer)
    return outputsOf(d.node)
      .filter((s) => needed.has(s.name))
      .map((from) => ({ from, to: newSymbol(context, from.name, from.type) }))
  })
  const inputs: PlanSymbol[][] = []
  const nodes = sources.map((d, s) => {
    const own = newSymbol(context, 'source', BIGINT)
    const others = carried.flatMap((list, i) =>
      list.map(({ from }): Assignment => {
        const expression = i === s ? symbolOf(from) : constant(null, from.type)
        return { symbol: newSymbol(context, from.name, from.type), expression }
      }),
    )
    const feeding = node.inputs[s] as readonly PlanSymbol[]
    const added = [{ symbol: own, expression: constant(BigInt(s), BIGINT) }, ...others]
    inputs.push([...feeding, ...added.map((a) => a.symbol)])
    return extend(context, d.node, added)
  })
  const conditions = sources.map((d, s) => {
    const renamed = new Map((carried[s] ?? []).map(({ from, to }) => [from.name, symbolOf(to)]))
    const terms = [...d.pins.map((p) => equal(symbolOf(p.inner), p.outer)), ...d.predicates]
    return and([
      equal(symbolOf(number), constant(BigInt(s), BIGINT)),
      ...terms.map((e) => substitute(e, (name) => renamed.get(name))),
    ])
  })
  const outputs = [...node.outputs, number, ...carried.flatMap((list) => list.map(({ to }) => to))]
  const union: SetOperationNode = { ...node, sources: nodes, inputs, outputs }
  return { node: union, pins: [], predicates: [or(conditions)] }
}

function ofUnnest(
  node: UnnestNode,
  outer: ReadonlySet<string>,
  source: Decorrelated | undefined,
): Decorrelated | undefined {
  if (source === undefined || node.mappings.some((m) => outer.has(m.input.name))) return undefined
  const needed = neededOf(source, outer)
  const passed = outputsOf(source.node).filter((s) => needed.has(s.name))
  const replicated = union(node.replicated, passed)
  return { ...source, node: { ...node, source: source.node, replicated } }
}

/** The first `count` rows for each combination of pinned symbols. */
function ranked(
  source: Decorrelated,
  orderBy: readonly { symbol: PlanSymbol; ascending: boolean; nullsFirst: boolean }[] | undefined,
  count: number,
  context: OptimizerContext,
): Decorrelated {
  const symbol = newSymbol(context, 'row_number', { kind: 'bigint' })
  const partitionBy = union([], innersOf(source))
  const id = context.ids.next()
  const node: PlanNode =
    orderBy === undefined
      ? {
          kind: 'rowNumber',
          id,
          source: source.node,
          partitionBy,
          symbol,
          maxRowsPerPartition: count,
        }
      : {
          kind: 'topNRanking',
          id,
          source: source.node,
          ranking: 'row_number',
          partitionBy,
          orderBy,
          symbol,
          maxRanking: count,
        }
  return { ...source, node }
}

/** Adds a source's columns for the outer side of pins. */
export function pinCriteria(
  input: PlanNode,
  d: Decorrelated,
  context: OptimizerContext,
): {
  readonly input: PlanNode
  readonly criteria: readonly { left: PlanSymbol; right: PlanSymbol }[]
} {
  const projected = project(
    context,
    input,
    d.pins.map((pin) => pin.outer),
  )
  const criteria = d.pins.map((pin, i) => ({
    left: projected.symbols[i] as PlanSymbol,
    right: pin.inner,
  }))
  return { input: projected.node, criteria }
}
