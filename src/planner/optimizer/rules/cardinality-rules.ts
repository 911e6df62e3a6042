import type { PlanNode } from '../../plan/node.js'
import { outputsOf } from '../../plan/structure.js'
import { cardinalityOf, isScalar } from '../analysis/cardinality.js'
import { emptyValues, extend, isEmpty, restrict } from '../build.js'
import { constant, FALSE, isTrue } from '../expression/predicates.js'
import { isDeterministic } from '../expression/tree.js'
import { on, over, rule } from '../rule.js'

/** EnforceSingleRow over what always has one row. @source Trino RemoveRedundantEnforceSingleRow */
export const removeRedundantEnforceSingleRow = rule({
  name: 'RemoveRedundantEnforceSingleRow',
  pattern: on('enforceSingleRow'),
  apply: (node) => (isScalar(node.source) ? node.source : undefined),
})

/** Any node that keeps no row where its source has none → no rows. @source Trino RemoveEmpty… rules */
export const removeOverEmpty = (
  [
    'filter',
    'project',
    'sort',
    'topN',
    'limit',
    'offset',
    'assignUniqueId',
    'markDistinct',
    'window',
    'rowNumber',
    'topNRanking',
    'unnest',
    'sample',
    'asyncCall',
  ] as const
).map((kind) =>
  rule({
    name: 'RemoveOverEmpty',
    pattern: on(kind),
    apply: (node, context) =>
      isEmpty((node as { source: PlanNode }).source)
        ? emptyValues(context, outputsOf(node))
        : undefined,
  }),
)

/** Grouping no rows gives none, unless a global set gives its row. */
export const removeEmptyGroups = rule({
  name: 'RemoveEmptyGroups',
  pattern: on('aggregation', (node) => node.globalGroupingSets.length === 0),
  apply: (node, context) =>
    isEmpty(node.source) && node.groupingKeys.length > 0
      ? emptyValues(context, outputsOf(node))
      : undefined,
})

/** Joins with an empty side: no rows, or the other side with nulls. @source Trino ReplaceJoinOverEmpty… */
export const joinWithEmpty = rule({
  name: 'JoinWithEmpty',
  pattern: on('join', (node) => isEmpty(node.left) || isEmpty(node.right)),
  apply: (node, context) => {
    const left = isEmpty(node.left)
    const right = isEmpty(node.right)
    const keepsLeft = node.type === 'left' || node.type === 'full'
    const keepsRight = node.type === 'right' || node.type === 'full'
    const padding = (symbols: readonly { name: string; type: PlanNodeType }[]) =>
      symbols.map((symbol) => ({ symbol, expression: constant(null, symbol.type) }))
    if (right && !left && keepsLeft) {
      return restrict(
        context,
        extend(context, node.left, padding(node.rightOutputs)),
        outputsOf(node),
      )
    }
    if (left && !right && keepsRight) {
      return restrict(
        context,
        extend(context, node.right, padding(node.leftOutputs)),
        outputsOf(node),
      )
    }
    return emptyValues(context, outputsOf(node))
  },
})
type PlanNodeType = ReturnType<typeof outputsOf>[0]['type']

/** Semi-joins with an empty side. @source Trino RemoveEmpty… */
export const semiJoinWithEmpty = rule({
  name: 'SemiJoinWithEmpty',
  pattern: on('semiJoin', (node) => isEmpty(node.source) || isEmpty(node.filteringSource)),
  apply: (node, context) => {
    if (isEmpty(node.source) || node.mode === 'semi') return emptyValues(context, outputsOf(node))
    if (node.mode === 'anti' || node.output === undefined) return node.source
    return extend(context, node.source, [{ symbol: node.output, expression: FALSE }])
  },
})

/** Empty sources of a union go; one source that is left is a projection. @source Trino RemoveEmptyUnionBranches */
export const removeEmptyUnionSources = rule({
  name: 'RemoveEmptyUnionSources',
  pattern: on('setOperation', (node) => node.operation === 'union' && !node.distinct),
  apply: (node, context) => {
    const kept = node.sources.flatMap((source, i) => (isEmpty(source) ? [] : [i]))
    if (kept.length === node.sources.length && kept.length > 1) return undefined
    const [first] = kept
    if (first === undefined) return emptyValues(context, node.outputs)
    const sources = kept.map((i) => node.sources[i] as PlanNode)
    const inputs = kept.map((i) => node.inputs[i] as (typeof node.inputs)[0])
    if (kept.length > 1) return { ...node, sources, inputs }
    return {
      kind: 'project',
      id: context.ids.next(),
      source: sources[0] as PlanNode,
      assignments: node.outputs.map((symbol, i) => {
        const input = inputs[0]?.[i] as (typeof node.outputs)[0]
        return { symbol, expression: { kind: 'symbol', name: input.name, type: input.type } }
      }),
    }
  },
})

/** x CROSS JOIN one constant row → a projection of x. @source Trino ReplaceJoinOverConstantWithProject */
export const joinWithConstantRow = rule({
  name: 'JoinWithConstantRow',
  pattern: on(
    'join',
    (node) =>
      node.type === 'inner' &&
      node.criteria.length === 0 &&
      (node.filter === undefined || isTrue(node.filter)),
  ),
  apply: (node, context) => {
    for (const [row, other] of [
      [node.right, node.left],
      [node.left, node.right],
    ] as const) {
      if (row.kind !== 'values' || row.rows.length !== 1) continue
      const expressions = row.rows[0] as (typeof row.rows)[0]
      if (!expressions.every((e) => isDeterministic(e) && e.kind === 'constant')) continue
      const added = row.outputs.map((symbol, i) => ({
        symbol,
        expression: expressions[i] as (typeof expressions)[0],
      }))
      return restrict(context, extend(context, other, added), outputsOf(node))
    }
    return undefined
  },
})

/** Sorting rows whose order nothing sees: below an aggregation, a join or another sort. @source Trino's skip_redundant_sort */
export const removeUnseenSort = rule({
  name: 'RemoveUnseenSort',
  pattern: over('sort', on('sort')),
  apply: (node) => ({ ...node, source: node.source.source }),
})

/** A count of rows that are known is a constant: Aggregation(count(*), Values). */
export const countKnownRows = rule({
  name: 'CountKnownRows',
  pattern: over(
    'aggregation',
    on('values'),
    (node) => node.groupingKeys.length === 0 && node.globalGroupingSets.length === 1,
  ),
  apply: (node, context) => {
    const plain = node.aggregations.every(
      ({ call }) =>
        call.function.name === 'count' &&
        call.args.length === 0 &&
        call.filter === undefined &&
        call.mask === undefined,
    )
    if (!plain || node.step !== 'single') return undefined
    const { max } = cardinalityOf(node.source)
    return {
      kind: 'values',
      id: context.ids.next(),
      outputs: node.aggregations.map((a) => a.symbol),
      rows: [node.aggregations.map((a) => constant(BigInt(max), a.symbol.type))],
    }
  },
})
