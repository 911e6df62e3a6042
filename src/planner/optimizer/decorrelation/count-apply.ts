import { BIGINT, BOOLEAN } from '../../../spi/index.js'
import type { AggregationNode, ApplyNode, CorrelatedJoinNode, PlanNode } from '../../plan/node.js'
import { outputsOf } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { resolveAggregate } from '../aggregates.js'
import { identityAssignment, newSymbol, projectOver } from '../build.js'
import type { OptimizerContext } from '../context.js'
import {
  and,
  comparison,
  constant,
  equal,
  isNullTest,
  NULL_BOOLEAN,
  or,
  symbolOf,
  TRUE,
} from '../expression/predicates.js'
import { on, rule } from '../rule.js'

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
