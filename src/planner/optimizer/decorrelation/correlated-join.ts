import type { Expression } from '../../../expressions/ir.js'
import { BIGINT, BOOLEAN, INTEGER, VARCHAR } from '../../../spi/index.js'
import type {
  AggregationNode,
  Assignment,
  CorrelatedJoinNode,
  JoinType,
  PlanNode,
} from '../../plan/node.js'
import { outputsOf } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { valueOverNothing } from '../aggregates.js'
import { isAtMostScalar, isScalar } from '../analysis/cardinality.js'
import { planReadsAny } from '../analysis/reads.js'
import {
  emptyValues,
  extend,
  filterOver,
  identityAssignment,
  joinOver,
  newSymbol,
  projectOver,
} from '../build.js'
import type { OptimizerContext } from '../context.js'
import {
  and,
  conjunctsOf,
  constant,
  isTrue,
  namesOf,
  readsAny,
  symbolOf,
  TRUE,
} from '../expression/predicates.js'
import { isDeterministic, substitute } from '../expression/tree.js'
import { on, rule } from '../rule.js'
import type { Decorrelated } from './decorrelate.js'
import { decorrelate, pinCriteria, union } from './decorrelate.js'

const isCorrelated = (node: CorrelatedJoinNode): boolean =>
  planReadsAny(node.subquery, namesOf(node.correlation))

/**
 * A subquery that reads nothing of the input → a join.
 * @source Trino TransformUncorrelatedSubqueryToJoin
 */
export const joinUncorrelated = rule({
  name: 'JoinUncorrelated',
  pattern: on('correlatedJoin', (node) => !isCorrelated(node)),
  apply: (node, context) =>
    joinOver(context, node.type, node.input, node.subquery, [], node.filter),
})

interface ScalarAggregation {
  readonly aggregation: AggregationNode
  /** The subquery's outputs over those of the aggregation (NULL where HAVING drops its row). */
  readonly outputs: readonly Assignment[]
}

/** Sees through EnforceSingleRow, projections and HAVING to a global aggregation. */
function scalarAggregationOf(node: PlanNode): ScalarAggregation | undefined {
  let current = node
  const single = current.kind === 'enforceSingleRow'
  if (current.kind === 'enforceSingleRow') current = current.source
  let outputs = outputsOf(current).map(identityAssignment)
  const conditions: Expression[] = []
  for (;;) {
    if (current.kind === 'project') {
      const assigned = new Map(current.assignments.map((a) => [a.symbol.name, a.expression]))
      if (![...assigned.values()].every(isDeterministic)) return undefined
      const inline = (e: Expression) => substitute(e, (name) => assigned.get(name))
      outputs = outputs.map((a) => ({ symbol: a.symbol, expression: inline(a.expression) }))
      conditions.splice(0, conditions.length, ...conditions.map(inline))
      current = current.source
    } else if (current.kind === 'filter' && single) {
      conditions.push(...conjunctsOf(current.predicate))
      current = current.source
    } else break
  }
  if (current.kind !== 'aggregation' || current.groupingKeys.length > 0) return undefined
  if (current.globalGroupingSets.length !== 1) return undefined
  const condition = and(conditions)
  if (!isTrue(condition)) {
    outputs = outputs.map(({ symbol, expression }) => ({
      symbol,
      expression: {
        kind: 'case',
        type: symbol.type,
        whens: [{ condition, result: expression }],
        otherwise: constant(null, symbol.type),
      },
    }))
  }
  return { aggregation: current, outputs }
}

/**
 * A scalar aggregation correlated by equalities (TPC-H Q2, Q17, Q20) → a left join with the aggregation grouped by
 * the pinned symbols; correlated otherwise → an aggregation by input row over a left join. Aggregates that aren't NULL
 * over no rows get that value where nothing matched (the count bug).
 * @source Trino TransformCorrelatedGlobalAggregationWithProjection, PushAggregationThroughOuterJoin; Kim, On Optimizing
 * an SQL-like Nested Query (1982); Ganski and Wong (1987)
 */
export const decorrelateScalarAggregation = rule({
  name: 'DecorrelateScalarAggregation',
  pattern: on('correlatedJoin', (node) => node.type === 'inner' || node.type === 'left'),
  apply: (node, context) => {
    if (!isTrue(node.filter) || !isCorrelated(node)) return undefined
    const scalar = scalarAggregationOf(node.subquery)
    if (scalar === undefined) return undefined
    const outer = namesOf(node.correlation)
    const calls = scalar.aggregation.aggregations
    if (calls.some(({ call }) => call.args.some((arg) => readsAny(arg, outer)))) return undefined
    const d = decorrelate(scalar.aggregation.source, outer, context)
    if (d === undefined) return undefined
    const pinned = d.predicates.length === 0
    const aggregated = pinned
      ? groupByPins(node.input, scalar.aggregation, d, context)
      : groupByInput(node.input, scalar.aggregation, d, context)
    const values = new Map(aggregated.values.map((a) => [a.symbol.name, a.expression]))
    const outputs = scalar.outputs.map(({ symbol, expression }) => ({
      symbol,
      expression: substitute(expression, (name) => values.get(name)),
    }))
    return projectOver(context, aggregated.node, [
      ...outputsOf(node.input).map(identityAssignment),
      ...outputs,
    ])
  },
})

interface Aggregated {
  readonly node: PlanNode
  /** What stands for each aggregate's symbol. */
  readonly values: readonly Assignment[]
}

function groupByPins(
  input: PlanNode,
  aggregation: AggregationNode,
  d: Decorrelated,
  context: OptimizerContext,
): Aggregated {
  const grouped: PlanNode = {
    ...aggregation,
    source: d.node,
    groupingKeys: union(
      [],
      d.pins.map((pin) => pin.inner),
    ),
    globalGroupingSets: [],
  }
  const pinned = pinCriteria(input, d, context)
  const overNothing = aggregation.aggregations.map(({ call }) => valueOverNothing(call))
  if (!overNothing.includes('unknown')) {
    const values = aggregation.aggregations.map(({ symbol }, i) => ({
      symbol,
      expression:
        overNothing[i] === 'null'
          ? symbolOf(symbol)
          : orElse(symbolOf(symbol), constant(0n, symbol.type)),
    }))
    return { node: joinOver(context, 'left', pinned.input, grouped, pinned.criteria), values }
  }
  const matched = newSymbol(context, 'matched', BOOLEAN)
  const marked = extend(context, grouped, [{ symbol: matched, expression: TRUE }])
  const joined = joinOver(context, 'left', pinned.input, marked, pinned.criteria)
  const defaults = aggregation.aggregations.map(({ symbol, call }) => ({
    symbol: newSymbol(context, symbol.name, symbol.type),
    call,
  }))
  const ofNothing: PlanNode = {
    ...aggregation,
    id: context.ids.next(),
    source: emptyValues(
      context,
      outputsOf(d.node).map((s) => newSymbol(context, s.name, s.type)),
    ),
    aggregations: defaults.map(({ symbol, call }) => ({ symbol, call: overNulls(call) })),
  }
  const values = aggregation.aggregations.map(({ symbol }, i) => ({
    symbol,
    expression: {
      kind: 'case',
      type: symbol.type,
      whens: [{ condition: symbolOf(matched), result: symbolOf(symbol) }],
      otherwise: symbolOf((defaults[i] as { symbol: PlanSymbol }).symbol),
    } as const,
  }))
  return { node: joinOver(context, 'inner', joined, ofNothing, []), values }
}

/** A call over no rows needs arguments of the right types only. */
function overNulls(call: AggregationNode['aggregations'][0]['call']) {
  const { filter: _filter, mask: _mask, orderBy: _orderBy, ...fields } = call
  const args = call.args.map((arg) => (arg.kind === 'symbol' ? constant(null, arg.type) : arg))
  return { ...fields, args }
}

const orElse = (value: Expression, other: Expression): Expression => ({
  kind: 'coalesce',
  type: value.type,
  args: [value, other],
})

function groupByInput(
  input: PlanNode,
  aggregation: AggregationNode,
  d: Decorrelated,
  context: OptimizerContext,
): Aggregated {
  const uniqueId = newSymbol(context, 'unique', BIGINT)
  const matched = newSymbol(context, 'matched', BOOLEAN)
  const numbered: PlanNode = {
    kind: 'assignUniqueId',
    id: context.ids.next(),
    source: input,
    symbol: uniqueId,
  }
  const right = extend(context, d.node, [{ symbol: matched, expression: TRUE }])
  const pinned = pinCriteria(numbered, d, context)
  const joined = joinOver(context, 'left', pinned.input, right, pinned.criteria, and(d.predicates))
  const masks: Assignment[] = []
  const maskOf = (filter: PlanSymbol | undefined): PlanSymbol => {
    if (filter === undefined) return matched
    const symbol = newSymbol(context, 'mask', BOOLEAN)
    masks.push({ symbol, expression: and([symbolOf(matched), symbolOf(filter)]) })
    return symbol
  }
  const aggregations = aggregation.aggregations.map(({ symbol, call }) => ({
    symbol,
    call: { ...call, filter: maskOf(call.filter) },
  }))
  const node: PlanNode = {
    ...aggregation,
    source: extend(context, joined, masks),
    groupingKeys: [uniqueId, ...outputsOf(input)],
    globalGroupingSets: [],
    aggregations,
  }
  return { node, values: [] }
}

/**
 * A scalar subquery without aggregation → a left join that fails where it matches one row twice.
 * @source Trino TransformCorrelatedScalarSubquery
 */
export const decorrelateScalar = rule({
  name: 'DecorrelateScalar',
  pattern: on('correlatedJoin', (node) => node.subquery.kind === 'enforceSingleRow'),
  apply: (node, context) => {
    if (!isTrue(node.filter) || !isCorrelated(node)) return undefined
    if (node.subquery.kind !== 'enforceSingleRow') return undefined
    const subquery = node.subquery.source
    if (isScalar(subquery)) return { ...node, subquery }
    const atMostOne = isAtMostScalar(subquery)
    const d = decorrelate(subquery, namesOf(node.correlation), context)
    if (d === undefined) return undefined
    if (atMostOne || uniquePerPins(d)) {
      const pinned = pinCriteria(node.input, d, context)
      const join = joinOver(
        context,
        'left',
        pinned.input,
        d.node,
        pinned.criteria,
        and(d.predicates),
      )
      return join
    }
    return checkedJoin(node, d, context)
  },
})

/** Grouped by nothing but the pinned symbols, a subquery has at most one row for an outer row. */
function uniquePerPins(d: Decorrelated): boolean {
  let node = d.node
  while (node.kind === 'project' || node.kind === 'filter') node = node.source
  if (node.kind !== 'aggregation') return false
  const pinned = namesOf(d.pins.map((pin) => pin.inner))
  return node.groupingKeys.every((key) => pinned.has(key.name))
}

function checkedJoin(
  node: CorrelatedJoinNode,
  d: Decorrelated,
  context: OptimizerContext,
): PlanNode {
  const uniqueId = newSymbol(context, 'unique', BIGINT)
  const numbered: PlanNode = {
    kind: 'assignUniqueId',
    id: context.ids.next(),
    source: node.input,
    symbol: uniqueId,
  }
  const pinned = pinCriteria(numbered, d, context)
  const joined = joinOver(context, 'left', pinned.input, d.node, pinned.criteria, and(d.predicates))
  const isDistinct = newSymbol(context, 'is_distinct', BOOLEAN)
  const marked: PlanNode = {
    kind: 'markDistinct',
    id: context.ids.next(),
    source: joined,
    marker: isDistinct,
    distinctSymbols: [uniqueId],
  }
  return filterOver(context, marked, [
    {
      kind: 'case',
      type: BOOLEAN,
      whens: [{ condition: symbolOf(isDistinct), result: TRUE }],
      otherwise: failure(context),
    },
  ])
}
/** A condition whose evaluation raises SUBQUERY_MULTIPLE_ROWS. */
export const failure = (context: OptimizerContext): Expression => ({
  kind: 'cast',
  type: BOOLEAN,
  safe: false,
  arg: {
    kind: 'call',
    type: { kind: 'unknown' },
    function: context.metadata.resolveFunction('fail', [INTEGER, VARCHAR], 'scalar'),
    args: [
      constant(SUBQUERY_MULTIPLE_ROWS, INTEGER),
      constant('Scalar sub-query has returned multiple rows', VARCHAR),
    ],
  },
})
/** Number of the error code in `fail(code, message)`. */
const SUBQUERY_MULTIPLE_ROWS = 28

/**
 * LATERAL → a join on what was correlated.
 * @source Trino TransformCorrelatedJoinToJoin
 */
export const decorrelateLateral = rule({
  name: 'DecorrelateLateral',
  pattern: on('correlatedJoin', (node) => node.type === 'inner' || node.type === 'left'),
  apply: (node, context) => {
    if (node.subquery.kind === 'enforceSingleRow' || !isCorrelated(node)) return undefined
    const d = decorrelate(node.subquery, namesOf(node.correlation), context)
    if (d === undefined) return undefined
    const pinned = pinCriteria(node.input, d, context)
    const type: JoinType = node.type
    const filter = and([...d.predicates, ...conjunctsOf(node.filter)])
    return joinOver(context, type, pinned.input, d.node, pinned.criteria, filter)
  },
})

/** The rules for CorrelatedJoin, in the order they are tried. */
export const correlatedJoinRules = [
  joinUncorrelated,
  decorrelateScalarAggregation,
  decorrelateScalar,
  decorrelateLateral,
]
