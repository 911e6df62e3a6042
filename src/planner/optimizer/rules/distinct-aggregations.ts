import { BOOLEAN } from '../../../spi/index.js'
import type {
  AggregateCall,
  AggregationAssignment,
  AggregationNode,
  MarkDistinctNode,
  PlanNode,
} from '../../plan/node.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { ignoresDuplicates } from '../aggregates.js'
import { newSymbol } from '../build.js'
import { union } from '../decorrelation/decorrelate.js'
import { on, rule } from '../rule.js'

const hasDistinct = (node: AggregationNode): boolean =>
  node.aggregations.some((a) => a.call.distinct)

const plain = (call: AggregateCall): AggregateCall => ({ ...call, distinct: false })

const symbolsOfArgs = (call: AggregateCall): readonly PlanSymbol[] =>
  call.args.flatMap((arg) => (arg.kind === 'symbol' ? [{ name: arg.name, type: arg.type }] : []))

const argumentsKey = (call: AggregateCall): string =>
  [...new Set(symbolsOfArgs(call).map((s) => s.name))].sort().join('\0')

/** min(DISTINCT x) is min(x). */
export const removeNeedlessDistinct = rule({
  name: 'RemoveNeedlessDistinct',
  pattern: on('aggregation', (node) =>
    node.aggregations.some((a) => a.call.distinct && ignoresDuplicates(a.call)),
  ),
  apply: (node) => ({
    ...node,
    aggregations: node.aggregations.map((a) =>
      ignoresDuplicates(a.call) ? { ...a, call: plain(a.call) } : a,
    ),
  }),
})

/**
 * f(DISTINCT x) GROUP BY k → f(x) GROUP BY k over a grouping by k and x, where all aggregates are distinct over the
 * same arguments (TPC-H Q16).
 * @source Trino SingleDistinctAggregationToGroupBy
 */
export const singleDistinctToGroupBy = rule({
  name: 'SingleDistinctToGroupBy',
  pattern: on('aggregation', hasDistinct),
  apply: (node, context) => {
    const calls = node.aggregations.map((a) => a.call)
    const [first] = calls as [AggregateCall]
    const same = calls.every(
      (call) =>
        call.distinct &&
        call.filter === undefined &&
        call.mask === undefined &&
        call.orderBy === undefined &&
        argumentsKey(call) === argumentsKey(first),
    )
    if (!same || node.step !== 'single') return undefined
    const distinct: AggregationNode = {
      kind: 'aggregation',
      id: context.ids.next(),
      source: node.source,
      groupingKeys: union(node.groupingKeys, symbolsOfArgs(first)),
      globalGroupingSets: [],
      aggregations: [],
      step: 'single',
    }
    return {
      ...node,
      source: distinct,
      aggregations: node.aggregations.map((a) => ({ ...a, call: plain(a.call) })),
    }
  },
})

/**
 * Distinct aggregates over different arguments, or beside others, → plain ones masked by a mark on the first row of each
 * combination of keys, arguments and FILTER.
 * @source Trino MultipleDistinctAggregationToMarkDistinct
 */
export const distinctToMark = rule({
  name: 'DistinctToMark',
  pattern: on('aggregation', hasDistinct),
  apply: (node, context) => {
    const markers = new Map<string, PlanSymbol>()
    let source: PlanNode = node.source
    const markerOf = (call: AggregateCall): PlanSymbol => {
      const filter = call.filter === undefined ? [] : [call.filter]
      const key = `${argumentsKey(call)}\n${call.filter?.name ?? ''}`
      const known = markers.get(key)
      if (known !== undefined) return known
      const marker = newSymbol(context, 'is_distinct', BOOLEAN)
      const mark: MarkDistinctNode = {
        kind: 'markDistinct',
        id: context.ids.next(),
        source,
        marker,
        distinctSymbols: union(node.groupingKeys, [...symbolsOfArgs(call), ...filter]),
      }
      source = mark
      markers.set(key, marker)
      return marker
    }
    if (node.aggregations.some(({ call }) => call.distinct && call.mask !== undefined)) {
      return undefined
    }
    const aggregations = node.aggregations.map((a): AggregationAssignment => {
      if (!a.call.distinct) return a
      return { ...a, call: { ...plain(a.call), mask: markerOf(a.call) } }
    })
    return { ...node, source, aggregations }
  },
})
