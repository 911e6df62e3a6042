import { BIGINT } from '../../../spi/index.js'
import type { AggregationNode, JoinNode, PlanNode } from '../../plan/node.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { isNullOverNulls, valueOverNothing } from '../aggregates.js'
import { cardinalityOf } from '../analysis/cardinality.js'
import { notNullSymbols } from '../analysis/dependencies.js'
import { readsOfCall } from '../analysis/reads.js'
import { joinOver, newSymbol, projectOver } from '../build.js'
import type { OptimizerContext } from '../context.js'
import { constant, namesOf, symbolOf } from '../expression/predicates.js'
import { on, rule } from '../rule.js'
import { costsLess } from './partial-aggregation.js'

/**
 * Aggregation by a key of a, over a LEFT JOIN b → a LEFT JOIN (aggregation of b by what it is joined by): each row of a is a
 * group, and its matches are one (TPC-H Q13). Rows without a match have what the aggregates give of none.
 * @source Trino PushAggregationThroughOuterJoin
 */
export const pushAggregationThroughOuterJoin = rule({
  name: 'PushAggregationThroughOuterJoin',
  pattern: on('aggregation', (node) => node.step === 'single' && isOverOuterJoin(node)),
  apply: (node, context) => {
    if (!context.session.pushAggregationThroughOuterJoin) return undefined
    const join = node.source as JoinNode
    const inner = join.type === 'left' ? 'right' : 'left'
    const [added, kept] = inner === 'right' ? [join.right, join.left] : [join.left, join.right]
    const names = namesOf(inner === 'left' ? join.leftOutputs : join.rightOutputs)
    const isOfInner = node.aggregations.every(({ call }) =>
      readsOfCall(call).every((name) => names.has(name)),
    )
    const keys = namesOf(node.groupingKeys)
    const isOfOuter = [...keys].every((name) => !names.has(name))
    if (!isOfInner || !isOfOuter || !isDistinct(kept, keys, context)) return undefined
    const groupingKeys = [...new Map(join.criteria.map((c) => [c[inner].name, c[inner]])).values()]
    const grouped: AggregationNode = {
      ...node,
      id: context.ids.next(),
      source: added,
      groupingKeys,
      aggregations: node.aggregations.map(({ call, symbol }) => ({
        call,
        symbol: newSymbol(context, symbol.name, symbol.type),
      })),
    }
    // Each row that is kept is a group.
    const groups = context.estimator.of(kept).rowCount
    if (!costsLess(node, groups, grouped, context)) return undefined
    const sides = { left: join.left, right: join.right, [inner]: grouped }
    const joined = joinOver(context, join.type, sides.left, sides.right, join.criteria)
    return projectOver(context, joined, [
      ...node.groupingKeys.map((symbol) => ({ symbol, expression: symbolOf(symbol) })),
      ...node.aggregations.map(({ call, symbol }, i) => ({
        symbol,
        expression: orNothing(grouped.aggregations[i]!.symbol, call),
      })),
    ])
  },
})

function isOverOuterJoin({ source, groupIdSymbol, ...node }: AggregationNode): boolean {
  return (
    source.kind === 'join' &&
    (source.type === 'left' || source.type === 'right') &&
    source.criteria.length > 0 &&
    source.filter === undefined &&
    groupIdSymbol === undefined &&
    node.groupingKeys.length > 0 &&
    node.globalGroupingSets.length === 0 &&
    node.aggregations.every(({ call }) => valueOfOneRow(call) !== undefined)
  )
}

type Call = AggregationNode['aggregations'][number]['call']

/** What an aggregate gives of a row of nulls, which a join adds where there is no match; undefined: it has to be computed. */
function valueOfOneRow(call: Call): bigint | null | undefined {
  const isMasked = call.filter !== undefined || call.mask !== undefined
  if (call.args.some((arg) => arg.kind !== 'symbol')) return undefined
  if (call.args.length === 0)
    return call.function.name === 'count' ? (isMasked ? 0n : 1n) : undefined
  const nothing = valueOverNothing(call)
  if (nothing === 'zero') return 0n
  return nothing === 'null' && (isMasked || isNullOverNulls(call)) ? null : undefined
}

function orNothing(symbol: PlanSymbol, call: Call) {
  const value = valueOfOneRow(call)
  if (value === null || value === undefined) return symbolOf(symbol)
  return {
    kind: 'coalesce',
    type: symbol.type,
    args: [symbolOf(symbol), constant(value, BIGINT)],
  } as const
}

/** Whether a shape of plan proves that no two rows have equal values, or nulls, of some symbols. */
function isDistinct(
  node: PlanNode,
  names: ReadonlySet<string>,
  context: OptimizerContext,
): boolean {
  switch (node.kind) {
    case 'tableScan':
      return node.outputs.some(({ name }, i) => {
        const column = context.tables.column(node.table, node.columns[i])
        return names.has(name) && column?.unique === true && column.ascending === true
      })
    case 'filter':
      return isDistinct(node.source, names, context) || isUniqueFiltered(node, names, context)
    case 'aggregation':
      return (
        node.groupIdSymbol === undefined &&
        node.groupingKeys.every((key) => names.has(key.name)) &&
        node.globalGroupingSets.length <= 1
      )
    case 'project': {
      const below = node.assignments.flatMap(({ symbol, expression }) =>
        names.has(symbol.name) && expression.kind === 'symbol' ? [expression.name] : [],
      )
      return isDistinct(node.source, new Set(below), context)
    }
    case 'assignUniqueId':
      return names.has(node.symbol.name) || isDistinct(node.source, names, context)
    case 'semiJoin':
    case 'sort':
    case 'topN':
    case 'limit':
    case 'offset':
    case 'sample':
    case 'markDistinct':
    case 'window':
    case 'rowNumber':
    case 'topNRanking':
      return isDistinct(node.source, names, context)
    default:
      return cardinalityOf(node).max <= 1
  }
}

/** A unique column may have several nulls, unless they are filtered out. */
function isUniqueFiltered(
  node: Extract<PlanNode, { kind: 'filter' }>,
  names: ReadonlySet<string>,
  { tables }: OptimizerContext,
): boolean {
  const { source } = node
  if (source.kind !== 'tableScan') return false
  const present = notNullSymbols(node)
  return source.outputs.some(
    ({ name }, i) =>
      names.has(name) &&
      present.has(name) &&
      tables.column(source.table, source.columns[i])?.unique === true,
  )
}
