import { BIGINT, BOOLEAN } from '../../../spi/index.js'
import type { AggregationNode, CorrelatedJoinNode, PlanNode } from '../../plan/node.js'
import { outputsOf } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { resolveAggregate } from '../aggregates.js'
import { filterOver, identityAssignment, newSymbol, projectOver } from '../build.js'
import type { OptimizerContext } from '../context.js'
import {
  comparison,
  conjunctsOf,
  constant,
  equal,
  namesOf,
  or,
  symbolOf,
  TRUE,
} from '../expression/predicates.js'
import { on, rule } from '../rule.js'
import { failure } from './correlated-join.js'
import {
  attachRows,
  keepWhere,
  matchedFirst,
  numberRows,
  type RowsOfEach,
  when,
} from './rows-of-each.js'

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
    const attached = attachRows(subquery, { input: node.input, uniqueId, outer, context })
    if (attached === undefined) return undefined
    const rows =
      conjunctsOf(node.filter).length === 0 ? attached : keepWhere(attached, node.filter, context)
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

/** One row an input row; more that count are an error. */
function scalarResult(
  node: CorrelatedJoinNode,
  subquery: PlanNode,
  rows: RowsOfEach,
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
function dropSpareRows(
  rows: RowsOfEach,
  uniqueId: PlanSymbol,
  context: OptimizerContext,
): PlanNode {
  const order = [matchedFirst(rows.matched)]
  const { numbered, number } = numberRows(rows.node, uniqueId, order, context)
  const first = equal(symbolOf(number), constant(1n, BIGINT))
  return filterOver(context, numbered, [or([symbolOf(rows.matched), first])])
}
