import type { Expression } from '../../../expressions/ir.js'
import { BIGINT, BOOLEAN } from '../../../spi/index.js'
import type {
  AggregationNode,
  Assignment,
  PlanNode,
  SetOperationNode,
  WindowFrame,
  WindowNode,
} from '../../plan/node.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { resolveAggregate } from '../aggregates.js'
import { filterOver, newSymbol, projectOver } from '../build.js'
import type { OptimizerContext } from '../context.js'
import { comparison, constant, symbolOf, TRUE } from '../expression/predicates.js'
import { on, rule } from '../rule.js'

const isUnionAll = (node: PlanNode): node is SetOperationNode =>
  node.kind === 'setOperation' && node.operation === 'union' && !node.distinct

/** Union(Union(x, y), z) → Union(x, y, z). @source Trino MergeUnion */
export const mergeUnions = rule({
  name: 'MergeUnions',
  pattern: on('setOperation', (node) => isUnionAll(node) && node.sources.some(isUnionAll)),
  apply: (node) => {
    const sources: PlanNode[] = []
    const inputs: (readonly PlanSymbol[])[] = []
    node.sources.forEach((source, s) => {
      const feeding = node.inputs[s] as readonly PlanSymbol[]
      if (!isUnionAll(source)) {
        sources.push(source)
        inputs.push(feeding)
        return
      }
      const places = feeding.map((f) => source.outputs.findIndex((o) => o.name === f.name))
      source.sources.forEach((inner, i) => {
        sources.push(inner)
        inputs.push(places.map((place) => source.inputs[i]?.[place] as PlanSymbol))
      })
    })
    return { ...node, sources, inputs }
  },
})

/** UNION DISTINCT, should a plan have one, is a grouping of UNION ALL. */
export const implementUnionDistinct = rule({
  name: 'ImplementUnionDistinct',
  pattern: on('setOperation', (node) => node.operation === 'union' && node.distinct),
  apply: (node, context) => distinctOver({ ...node, distinct: false }, node.outputs, context),
})

const isDistinct = (node: PlanNode): node is AggregationNode =>
  node.kind === 'aggregation' &&
  node.step === 'single' &&
  node.aggregations.length === 0 &&
  node.globalGroupingSets.length === 0

/** Distinct(Union(Distinct(Union(x, y)), z)) → Distinct(Union(x, y, z)), as of x UNION y UNION z: rows are hashed once (TPC-DS Q75). */
export const mergeDistinctUnions = rule({
  name: 'MergeDistinctUnions',
  pattern: on(
    'aggregation',
    (node) =>
      isDistinct(node) && isUnionAll(node.source) && node.source.sources.some(isDistinctUnion),
  ),
  apply: (node) => {
    const union = node.source as SetOperationNode
    const sources = union.sources.map((source) =>
      isDistinctUnion(source) ? source.source : source,
    )
    return { ...node, source: { ...union, sources } }
  },
})

const isDistinctUnion = (node: PlanNode): node is AggregationNode =>
  isDistinct(node) && isUnionAll(node.source)

const distinctOver = (
  source: PlanNode,
  groupingKeys: readonly PlanSymbol[],
  context: OptimizerContext,
): AggregationNode => ({
  kind: 'aggregation',
  id: context.ids.next(),
  source,
  groupingKeys,
  globalGroupingSets: [],
  aggregations: [],
  step: 'single',
})

/** The union of all sources with, for each source, a column that is TRUE for its rows and NULL for others. */
function markedUnion(
  node: SetOperationNode,
  context: OptimizerContext,
): { readonly union: SetOperationNode; readonly markers: readonly PlanSymbol[] } {
  const markers = node.sources.map(() => newSymbol(context, 'marker', BOOLEAN))
  const inputs: PlanSymbol[][] = []
  const sources = node.sources.map((source, s) => {
    const own: Assignment[] = (node.inputs[s] as readonly PlanSymbol[]).map((input) => ({
      symbol: newSymbol(context, input.name, input.type),
      expression: symbolOf(input),
    }))
    const marks = markers.map((_, m) => ({
      symbol: newSymbol(context, 'marker', BOOLEAN),
      expression: s === m ? TRUE : constant(null, BOOLEAN),
    }))
    const assignments = [...own, ...marks]
    inputs.push(assignments.map((a) => a.symbol))
    return projectOver(context, source, assignments)
  })
  const union: SetOperationNode = {
    kind: 'setOperation',
    id: context.ids.next(),
    operation: 'union',
    distinct: false,
    sources,
    outputs: [...node.outputs, ...markers],
    inputs,
  }
  return { union, markers }
}

const ZERO = constant(0n, BIGINT)

/**
 * INTERSECT and EXCEPT DISTINCT → a grouping of the marked union, keeping groups by which sources they are of.
 * @source Trino ImplementIntersectDistinctAsUnion, ImplementExceptDistinctAsUnion
 */
export const implementDistinctSetOperation = rule({
  name: 'ImplementDistinctSetOperation',
  pattern: on('setOperation', (node) => node.operation !== 'union' && node.distinct),
  apply: (node, context) => {
    const { union, markers } = markedUnion(node, context)
    const counts = markers.map(() => newSymbol(context, 'count', BIGINT))
    const grouped: AggregationNode = {
      ...distinctOver(union, node.outputs, context),
      aggregations: counts.map((symbol, i) => ({
        symbol,
        call: resolveAggregate(context, 'count', [symbolOf(markers[i] as PlanSymbol)]),
      })),
    }
    const conditions = counts.map((count, i) =>
      comparison(node.operation === 'except' && i > 0 ? '=' : '>', symbolOf(count), ZERO),
    )
    const kept = filterOver(context, grouped, conditions)
    return projectOver(
      context,
      kept,
      node.outputs.map((symbol) => ({ symbol, expression: symbolOf(symbol) })),
    )
  },
})

const WHOLE_PARTITION: WindowFrame = {
  unit: 'rows',
  start: { kind: 'unbounded preceding' },
  end: { kind: 'unbounded following' },
}
const UP_TO_CURRENT: WindowFrame = {
  unit: 'rows',
  start: { kind: 'unbounded preceding' },
  end: { kind: 'current row' },
}

/**
 * INTERSECT and EXCEPT ALL → of equal rows in the marked union, numbered, the first as many as all sources have, or as
 * the first has more than the others.
 * @source Trino ImplementIntersectAll, ImplementExceptAll
 */
export const implementAllSetOperation = rule({
  name: 'ImplementAllSetOperation',
  pattern: on('setOperation', (node) => node.operation !== 'union' && !node.distinct),
  apply: (node, context) => {
    const { union, markers } = markedUnion(node, context)
    const counts = markers.map(() => newSymbol(context, 'count', BIGINT))
    const rowNumber = newSymbol(context, 'row_number', BIGINT)
    const count = context.metadata.resolveFunction('count', [BOOLEAN], 'aggregate')
    const window: WindowNode = {
      kind: 'window',
      id: context.ids.next(),
      source: union,
      partitionBy: node.outputs,
      orderBy: [],
      functions: [
        ...counts.map((symbol, i) => ({
          symbol,
          function: count,
          args: [symbolOf(markers[i] as PlanSymbol)],
          frame: WHOLE_PARTITION,
          ignoreNulls: false,
        })),
        {
          symbol: rowNumber,
          function: context.metadata.resolveFunction('row_number', [], 'window'),
          args: [],
          frame: UP_TO_CURRENT,
          ignoreNulls: false,
        },
      ],
    }
    const atMost = (e: Expression) => comparison('<=', symbolOf(rowNumber), e)
    const subtract = context.metadata.resolveFunction('$subtract', [BIGINT, BIGINT], 'scalar')
    const [first, ...rest] = counts.map(symbolOf) as [Expression, ...Expression[]]
    const conditions =
      node.operation === 'intersect'
        ? counts.map((c) => atMost(symbolOf(c)))
        : [
            atMost(
              rest.reduce(
                (left, right): Expression => ({
                  kind: 'call',
                  type: BIGINT,
                  function: subtract,
                  args: [left, right],
                }),
                first,
              ),
            ),
          ]
    return projectOver(
      context,
      filterOver(context, window, conditions),
      node.outputs.map((symbol) => ({ symbol, expression: symbolOf(symbol) })),
    )
  },
})

/** The rules for set operations, in the order they are tried. */
export const setOperationRules = [
  mergeUnions,
  implementUnionDistinct,
  mergeDistinctUnions,
  implementDistinctSetOperation,
  implementAllSetOperation,
]
