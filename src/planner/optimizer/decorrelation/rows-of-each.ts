import type { Expression } from '../../../expressions/ir.js'
import { BIGINT, BOOLEAN } from '../../../spi/index.js'
import type { AggregationNode, PlanNode, SortItem, UnnestNode } from '../../plan/node.js'
import { outputsOf, withSources } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { isScalar } from '../analysis/cardinality.js'
import { planReadsAny } from '../analysis/reads.js'
import { extend, joinOver, newSymbol } from '../build.js'
import type { OptimizerContext } from '../context.js'
import {
  and,
  comparison,
  constant,
  FALSE,
  isNullTest,
  not,
  symbolOf,
  TRUE,
} from '../expression/predicates.js'
import { decorrelate, pinCriteria } from './decorrelate.js'

/**
 * The rows of a correlated subquery for every input row, side by side: `node` outputs the input's columns, a
 * unique id of the input row, the subquery's columns, and whether the row is one of the subquery (an input row without any
 * keeps one row that is not).
 */
export interface RowsOfEach {
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

/** A value where a condition holds, else NULL. */
export const when = (condition: Expression, result: Expression): Expression => ({
  kind: 'case',
  type: result.type,
  whens: [{ condition, result }],
  otherwise: constant(null, result.type),
})

/** Numbers the rows of each input row, from 1. */
export function numberRows(
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

export const matchedFirst = (symbol: PlanSymbol): SortItem => ({
  symbol,
  ascending: false,
  nullsFirst: false,
})

/** Rows count only where a condition holds too. */
export function keepWhere(
  rows: RowsOfEach,
  condition: Expression,
  context: OptimizerContext,
): RowsOfEach {
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

/** The rows of a subquery for every input row; undefined where a node of it can't be run over all of them at once. */
export function attachRows(node: PlanNode, at: Attachment): RowsOfEach | undefined {
  const { context, uniqueId } = at
  switch (node.kind) {
    case 'values':
      if (node.rows.length === 1) return attachRow(node.rows[0] ?? [], node.outputs, at)
      break
    case 'filter': {
      if (!startsFromRow(node)) break
      const source = attachRows(node.source, at)
      return source && keepWhere(source, node.predicate, context)
    }
    case 'unnest':
      return attachUnnest(node, at)
  }
  const base = attachJoin(node, at)
  if (base !== undefined) return base
  switch (node.kind) {
    case 'filter': {
      const source = attachRows(node.source, at)
      return source && keepWhere(source, node.predicate, context)
    }
    case 'project': {
      const source = attachRows(node.source, at)
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
      const source = attachRows(node.source, at)
      return source && { ...source, node: withSources(node, [source.node]) }
    }
    case 'sort':
      return attachRows(node.source, at)
    case 'limit':
    case 'topN': {
      if (node.count === 0 || (node.kind === 'limit' && node.tiesOrderBy !== undefined))
        return undefined
      const source = attachRows(node.source, at)
      if (source === undefined || source.single) return source
      const order = node.kind === 'topN' ? node.orderBy : orderOf(node.source)
      const orderBy = [...(source.mixed ? [matchedFirst(source.matched)] : []), ...order]
      return { ...source, node: ranked(source.node, uniqueId, orderBy, node.count, context) }
    }
    case 'offset': {
      const source = attachRows(node.source, at)
      if (source === undefined) return undefined
      const order = [matchedFirst(source.matched), ...orderOf(node.source)]
      const { numbered, number } = numberRows(source.node, uniqueId, order, context)
      const after = comparison('>', symbolOf(number), constant(BigInt(node.count), BIGINT))
      return keepWhere({ ...source, node: numbered }, after, context)
    }
    case 'aggregation':
      return attachAggregation(node, at)
    case 'semiJoin': {
      // The condition of a mark may read the input row, which is there now.
      if (node.mode !== 'mark' || planReadsAny(node.filteringSource, at.outer)) return undefined
      const source = attachRows(node.source, at)
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
): RowsOfEach {
  const matched = newSymbol(at.context, 'matched', BOOLEAN)
  const node = extend(at.context, numberedInput(at), [
    ...outputs.map((symbol, i) => ({ symbol, expression: row[i] as Expression })),
    { symbol: matched, expression: TRUE },
  ])
  return { node, matched, single: true, mixed: false }
}

function attachUnnest(node: UnnestNode, at: Attachment): RowsOfEach | undefined {
  const source = attachRows(node.source, at)
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
  const padded: RowsOfEach = {
    ...source,
    node: unnest,
    single: false,
    mixed: source.mixed || !source.single,
  }
  if (node.type === 'left') return padded
  const element = keepWhere(
    { ...padded, single: true },
    not(isNullTest(symbolOf(ordinality))),
    context,
  )
  return { ...element, single: false, mixed: padded.mixed }
}

/** What has a decorrelated form is joined with the input rows. */
function attachJoin(node: PlanNode, at: Attachment): RowsOfEach | undefined {
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

function attachAggregation(node: AggregationNode, at: Attachment): RowsOfEach | undefined {
  if (node.groupIdSymbol !== undefined || node.globalGroupingSets.length > 1) return undefined
  const { context, uniqueId } = at
  const source = attachRows(node.source, at)
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
