import type { Expression } from '../../../expressions/ir.js'
import { BIGINT, BOOLEAN } from '../../../spi/index.js'
import type {
  AggregationNode,
  ApplyNode,
  CorrelatedJoinNode,
  PlanNode,
  SortItem,
  UnnestNode,
} from '../../plan/node.js'
import { outputsOf, withSources } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { resolveAggregate } from '../aggregates.js'
import { isScalar } from '../analysis/cardinality.js'
import { planReadsAny } from '../analysis/reads.js'
import {
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
  comparison,
  conjunctsOf,
  constant,
  equal,
  FALSE,
  isNullTest,
  NULL_BOOLEAN,
  namesOf,
  not,
  or,
  symbolOf,
  TRUE,
} from '../expression/predicates.js'
import { on, rule } from '../rule.js'
import { failure } from './correlated-join.js'
import { decorrelate, pinCriteria } from './decorrelate.js'

/**
 * The rows of a correlated subquery for every input row, side by side: `node` outputs the input's columns, a
 * unique id of the input row, the subquery's columns, and whether the row is one of the subquery (an input row without any
 * keeps one row that is not).
 */
interface Rows {
  readonly node: PlanNode
  readonly matched: PlanSymbol
  /** Each input row has exactly one row so far. */
  readonly single: boolean
  /** Rows that don't count may stand beside rows that do. */
  readonly mixed: boolean
}

interface Attachment {
  readonly input: PlanNode
  readonly uniqueId: PlanSymbol
  readonly outer: ReadonlySet<string>
  readonly context: OptimizerContext
}

/**
 * What no other rule decorrelates → the subquery is run once over all input rows together, each of its steps
 * partitioned by a unique id of the input row: LATERAL over UNNEST of an outer array, ORDER BY … LIMIT under an
 * inequality, subqueries without FROM.
 * @source Neumann and Kemper, Unnesting Arbitrary Queries (BTW 2015), with the input row itself as its domain
 */
export const decorrelateByRow = rule({
  name: 'DecorrelateByRow',
  pattern: on('correlatedJoin', (node) => node.type === 'inner' || node.type === 'left'),
  apply: (node, context) => {
    const uniqueId = newSymbol(context, 'unique', BIGINT)
    const scalar = node.subquery.kind === 'enforceSingleRow'
    const subquery =
      node.subquery.kind === 'enforceSingleRow' ? node.subquery.source : node.subquery
    const outer = namesOf(node.correlation)
    const attached = attach(subquery, { input: node.input, uniqueId, outer, context })
    if (attached === undefined) return undefined
    const rows =
      conjunctsOf(node.filter).length === 0 ? attached : keep(attached, node.filter, context)
    const outputs = outputsOf(node)
    if (scalar) return scalarResult(node, subquery, rows, uniqueId, context)
    if (node.type === 'inner') {
      return projectOver(
        context,
        filterOver(context, rows.node, [symbolOf(rows.matched)]),
        outputs.map(identityAssignment),
      )
    }
    const one = rows.mixed ? dropSpareRows(rows, uniqueId, context) : rows.node
    return projectOver(context, one, nullUnmatched(node, subquery, rows.matched))
  },
})

/** The subquery's columns, NULL in rows that only stand for an input row without any. */
function nullUnmatched(node: CorrelatedJoinNode, subquery: PlanNode, matched: PlanSymbol) {
  const own = outputsOf(subquery).map((symbol) => ({
    symbol,
    expression: when(symbolOf(matched), symbolOf(symbol)),
  }))
  return [...outputsOf(node.input).map(identityAssignment), ...own]
}

const when = (condition: Expression, result: Expression): Expression => ({
  kind: 'case',
  type: result.type,
  whens: [{ condition, result }],
  otherwise: constant(null, result.type),
})

/** One row an input row; more that count are an error. */
function scalarResult(
  node: CorrelatedJoinNode,
  subquery: PlanNode,
  rows: Rows,
  uniqueId: PlanSymbol,
  context: OptimizerContext,
): PlanNode {
  if (rows.single)
    return projectOver(context, rows.node, nullUnmatched(node, subquery, rows.matched))
  const count = newSymbol(context, 'count', BIGINT)
  const values = outputsOf(subquery).map((symbol) => ({
    symbol: newSymbol(context, symbol.name, symbol.type),
    of: symbol,
  }))
  const inputSymbols = outputsOf(node.input)
  const grouped: AggregationNode = {
    kind: 'aggregation',
    id: context.ids.next(),
    source: rows.node,
    groupingKeys: [uniqueId, ...inputSymbols],
    globalGroupingSets: [],
    aggregations: [
      { symbol: count, call: { ...resolveAggregate(context, 'count', []), filter: rows.matched } },
      ...values.map(({ symbol, of }) => ({
        symbol,
        call: {
          ...resolveAggregate(context, 'arbitrary', [symbolOf(of)]),
          filter: rows.matched,
        },
      })),
    ],
    step: 'single',
  }
  const tooMany = comparison('>', symbolOf(count), constant(1n, BIGINT))
  const checked = filterOver(context, grouped, [
    {
      kind: 'case',
      type: BOOLEAN,
      whens: [{ condition: tooMany, result: failure(context) }],
      otherwise: TRUE,
    },
  ])
  return projectOver(context, checked, [
    ...inputSymbols.map(identityAssignment),
    ...values.map(({ symbol, of }) => ({ symbol: of, expression: symbolOf(symbol) })),
  ])
}

/** Keeps, of an input row's rows, those that count, or one that doesn't. */
function dropSpareRows(rows: Rows, uniqueId: PlanSymbol, context: OptimizerContext): PlanNode {
  const order = [matchedFirst(rows.matched)]
  const { numbered, number } = numberRows(rows.node, uniqueId, order, context)
  const first = equal(symbolOf(number), constant(1n, BIGINT))
  return filterOver(context, numbered, [or([symbolOf(rows.matched), first])])
}

/** Numbers the rows of each input row, from 1. */
function numberRows(
  source: PlanNode,
  uniqueId: PlanSymbol,
  orderBy: readonly SortItem[],
  context: OptimizerContext,
): { readonly numbered: PlanNode; readonly number: PlanSymbol } {
  const number = newSymbol(context, 'row_number', BIGINT)
  const numbered: PlanNode = {
    kind: 'window',
    id: context.ids.next(),
    source,
    partitionBy: [uniqueId],
    orderBy,
    functions: [
      {
        symbol: number,
        function: context.metadata.resolveFunction('row_number', [], 'window'),
        args: [],
        frame: {
          unit: 'rows',
          start: { kind: 'unbounded preceding' },
          end: { kind: 'current row' },
        },
        ignoreNulls: false,
      },
    ],
  }
  return { numbered, number }
}

const matchedFirst = (symbol: PlanSymbol): SortItem => ({
  symbol,
  ascending: false,
  nullsFirst: false,
})

/** Rows count only where a condition holds too. */
function keep(rows: Rows, condition: Expression, context: OptimizerContext): Rows {
  const matched = newSymbol(context, 'matched', BOOLEAN)
  const expression: Expression = {
    kind: 'case',
    type: BOOLEAN,
    whens: [
      {
        condition: symbolOf(rows.matched),
        result: { kind: 'coalesce', type: BOOLEAN, args: [condition, FALSE] },
      },
    ],
    otherwise: FALSE,
  }
  const node = extend(context, rows.node, [{ symbol: matched, expression }])
  return { node, matched, single: rows.single, mixed: rows.mixed || !rows.single }
}

function attach(node: PlanNode, at: Attachment): Rows | undefined {
  const { context, uniqueId } = at
  switch (node.kind) {
    case 'values':
      if (node.rows.length === 1) return attachRow(node.rows[0] ?? [], node.outputs, at)
      break
    case 'filter': {
      if (!startsFromRow(node)) break
      const source = attach(node.source, at)
      return source && keep(source, node.predicate, context)
    }
    case 'unnest':
      return attachUnnest(node, at)
  }
  const base = attachJoin(node, at)
  if (base !== undefined) return base
  switch (node.kind) {
    case 'filter': {
      const source = attach(node.source, at)
      return source && keep(source, node.predicate, context)
    }
    case 'project': {
      const source = attach(node.source, at)
      if (source === undefined) return undefined
      const guarded = node.assignments
        .filter((a) => a.expression.kind !== 'symbol' || a.expression.name !== a.symbol.name)
        .map(({ symbol, expression }) => ({
          symbol,
          expression: when(symbolOf(source.matched), expression),
        }))
      return { ...source, node: extend(context, source.node, guarded) }
    }
    case 'asyncCall': {
      const source = attach(node.source, at)
      return source && { ...source, node: withSources(node, [source.node]) }
    }
    case 'sort':
      return attach(node.source, at)
    case 'limit':
    case 'topN': {
      if (node.count === 0 || (node.kind === 'limit' && node.tiesOrderBy !== undefined))
        return undefined
      const source = attach(node.source, at)
      if (source === undefined || source.single) return source
      const order = node.kind === 'topN' ? node.orderBy : orderOf(node.source)
      const orderBy = [...(source.mixed ? [matchedFirst(source.matched)] : []), ...order]
      return { ...source, node: ranked(source.node, uniqueId, orderBy, node.count, context) }
    }
    case 'offset': {
      const source = attach(node.source, at)
      if (source === undefined) return undefined
      const order = [matchedFirst(source.matched), ...orderOf(node.source)]
      const { numbered, number } = numberRows(source.node, uniqueId, order, context)
      const after = comparison('>', symbolOf(number), constant(BigInt(node.count), BIGINT))
      return keep({ ...source, node: numbered }, after, context)
    }
    case 'aggregation':
      return attachAggregation(node, at)
    case 'semiJoin': {
      // The condition of a mark may read the input row, which is there now.
      if (node.mode !== 'mark' || planReadsAny(node.filteringSource, at.outer)) return undefined
      const source = attach(node.source, at)
      return source && { ...source, node: { ...node, source: source.node } }
    }
    default:
      return undefined
  }
}

/** The order a node gives its rows in, as far as a limit over it counts on it. */
function orderOf(node: PlanNode): readonly SortItem[] {
  if (node.kind === 'sort' || node.kind === 'topN') return node.orderBy
  return node.kind === 'filter' || node.kind === 'limit' ? orderOf(node.source) : []
}

/** Tells whether a chain of filters and projections stands on a row without a table. */
function startsFromRow(node: PlanNode): boolean {
  if (node.kind === 'filter' || node.kind === 'project') return startsFromRow(node.source)
  return node.kind === 'unnest' || (node.kind === 'values' && node.rows.length === 1)
}

const numberedInput = ({ input, uniqueId, context }: Attachment): PlanNode => ({
  kind: 'assignUniqueId',
  id: context.ids.next(),
  source: input,
  symbol: uniqueId,
})

function attachRow(
  row: readonly Expression[],
  outputs: readonly PlanSymbol[],
  at: Attachment,
): Rows {
  const matched = newSymbol(at.context, 'matched', BOOLEAN)
  const node = extend(at.context, numberedInput(at), [
    ...outputs.map((symbol, i) => ({ symbol, expression: row[i] as Expression })),
    { symbol: matched, expression: TRUE },
  ])
  return { node, matched, single: true, mixed: false }
}

function attachUnnest(node: UnnestNode, at: Attachment): Rows | undefined {
  const source = attach(node.source, at)
  if (source === undefined) return undefined
  const { context } = at
  const ordinality = node.ordinality ?? newSymbol(context, 'ordinality', BIGINT)
  const unnest: UnnestNode = {
    ...node,
    id: context.ids.next(),
    source: source.node,
    replicated: outputsOf(source.node),
    ordinality,
    type: 'left',
  }
  const padded: Rows = {
    ...source,
    node: unnest,
    single: false,
    mixed: source.mixed || !source.single,
  }
  if (node.type === 'left') return padded
  const element = keep({ ...padded, single: true }, not(isNullTest(symbolOf(ordinality))), context)
  return { ...element, single: false, mixed: padded.mixed }
}

/** What has a decorrelated form is joined with the input rows. */
function attachJoin(node: PlanNode, at: Attachment): Rows | undefined {
  const { context } = at
  const d = decorrelate(node, at.outer, context)
  if (d === undefined) return undefined
  const matched = newSymbol(context, 'matched', BOOLEAN)
  const right = extend(context, d.node, [{ symbol: matched, expression: TRUE }])
  const pinned = pinCriteria(numberedInput(at), d, context)
  const joined = joinOver(context, 'left', pinned.input, right, pinned.criteria, and(d.predicates))
  const isMatched = newSymbol(context, 'matched', BOOLEAN)
  const known: Expression = { kind: 'coalesce', type: BOOLEAN, args: [symbolOf(matched), FALSE] }
  const marked = extend(context, joined, [{ symbol: isMatched, expression: known }])
  const single = d.pins.length === 0 && d.predicates.length === 0 && isScalar(d.node)
  return { node: marked, matched: isMatched, single, mixed: false }
}

function attachAggregation(node: AggregationNode, at: Attachment): Rows | undefined {
  if (node.groupIdSymbol !== undefined || node.globalGroupingSets.length > 1) return undefined
  const { context, uniqueId } = at
  const source = attach(node.source, at)
  if (source === undefined) return undefined
  const global = node.groupingKeys.length === 0
  // Rows that don't count make no group; but an input row without any keeps one of its own.
  if (!global && source.mixed) return undefined
  const masks: { symbol: PlanSymbol; expression: Expression }[] = []
  const filterOf = (filter: PlanSymbol | undefined): PlanSymbol => {
    if (filter === undefined) return source.matched
    const symbol = newSymbol(context, 'mask', BOOLEAN)
    masks.push({ symbol, expression: and([symbolOf(source.matched), symbolOf(filter)]) })
    return symbol
  }
  const aggregations = node.aggregations.map(({ symbol, call }) => ({
    symbol,
    call: { ...call, filter: filterOf(call.filter) },
  }))
  const carried = [uniqueId, ...outputsOf(at.input)]
  const grouped: AggregationNode = {
    ...node,
    id: context.ids.next(),
    source: extend(context, source.node, masks),
    groupingKeys: [...carried, ...node.groupingKeys, ...(global ? [] : [source.matched])],
    globalGroupingSets: [],
    aggregations,
  }
  if (!global) return { node: grouped, matched: source.matched, single: false, mixed: false }
  const matched = newSymbol(context, 'matched', BOOLEAN)
  const node2 = extend(context, grouped, [{ symbol: matched, expression: TRUE }])
  return { node: node2, matched, single: true, mixed: false }
}

function ranked(
  source: PlanNode,
  uniqueId: PlanSymbol,
  orderBy: readonly SortItem[],
  count: number,
  context: OptimizerContext,
): PlanNode {
  const symbol = newSymbol(context, 'row_number', BIGINT)
  const id = context.ids.next()
  const partitionBy = [uniqueId]
  if (orderBy.length === 0) {
    return { kind: 'rowNumber', id, source, partitionBy, symbol, maxRowsPerPartition: count }
  }
  return {
    kind: 'topNRanking',
    id,
    source,
    ranking: 'row_number',
    partitionBy,
    orderBy,
    symbol,
    maxRanking: count,
  }
}

/**
 * EXISTS and IN over a subquery that has no semi-join form → counts over it, as a scalar subquery.
 * @source Trino TransformCorrelatedInPredicateToJoin counts matches and nulls likewise
 */
export const countApply = rule({
  name: 'CountApply',
  pattern: on('apply', (node) => node.assignments.length === 1),
  apply: (node, context) => {
    const [{ symbol, set }] = node.assignments as [ApplyNode['assignments'][0]]
    if (set.kind === 'quantified') return undefined
    const count = resolveAggregate(context, 'count', [])
    const counter = () => newSymbol(context, 'count', BIGINT)
    const positive = (s: PlanSymbol) => comparison('>', symbolOf(s), constant(0n, BIGINT))
    const matches = counter()
    if (set.kind === 'exists') {
      const counted = counting(node, node.subquery, [{ symbol: matches, call: count }], context)
      return projectOver(context, counted, [
        ...outputsOf(node.input).map(identityAssignment),
        { symbol, expression: positive(matches) },
      ])
    }
    const nulls = counter()
    const isMatch = newSymbol(context, 'is_match', BOOLEAN)
    const isNull = newSymbol(context, 'is_null', BOOLEAN)
    const compared = equal(symbolOf(set.value), symbolOf(set.reference))
    const subquery = projectOver(context, node.subquery, [
      { symbol: isMatch, expression: compared },
      { symbol: isNull, expression: isNullTest(compared) },
    ])
    const counted = counting(
      node,
      subquery,
      [
        { symbol: matches, call: { ...count, filter: isMatch } },
        { symbol: nulls, call: { ...count, filter: isNull } },
      ],
      context,
    )
    const expression = or([positive(matches), and([positive(nulls), NULL_BOOLEAN])])
    return projectOver(context, counted, [
      ...outputsOf(node.input).map(identityAssignment),
      { symbol, expression },
    ])
  },
})

function counting(
  node: ApplyNode,
  subquery: PlanNode,
  aggregations: AggregationNode['aggregations'],
  context: OptimizerContext,
): CorrelatedJoinNode {
  const correlation = new Map(node.correlation.map((s) => [s.name, s]))
  for (const { set } of node.assignments) {
    if (set.kind !== 'exists') correlation.set(set.value.name, set.value)
  }
  return {
    kind: 'correlatedJoin',
    id: context.ids.next(),
    type: 'inner',
    input: node.input,
    subquery: {
      kind: 'aggregation',
      id: context.ids.next(),
      source: subquery,
      groupingKeys: [],
      globalGroupingSets: [0],
      aggregations,
      step: 'single',
    },
    correlation: [...correlation.values()],
    filter: TRUE,
  }
}
