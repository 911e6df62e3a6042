import type { Expression } from '../../../expressions/ir.js'
import type { FilterNode, PlanNode, WindowFunctionCall, WindowNode } from '../../plan/node.js'
import { outputsOf } from '../../plan/structure.js'
import { emptyValues, filterOver } from '../build.js'
import { conjunctsOf } from '../expression/predicates.js'
import { on, over, rule } from '../rule.js'

const RANKINGS = ['row_number', 'rank', 'dense_rank'] as const
type Ranking = (typeof RANKINGS)[number]

const soleFunction = (node: WindowNode): WindowFunctionCall | undefined =>
  node.functions.length === 1 ? node.functions[0] : undefined

const rankingOf = (node: WindowNode): Ranking | undefined =>
  RANKINGS.find((name) => soleFunction(node)?.function.name === name)

/** row_number() without an order numbers rows as they come. @source Trino ReplaceWindowWithRowNumber */
export const windowToRowNumber = rule({
  name: 'WindowToRowNumber',
  pattern: on('window', (node) => node.orderBy.length === 0 && rankingOf(node) === 'row_number'),
  apply: (node) => ({
    kind: 'rowNumber',
    id: node.id,
    source: node.source,
    partitionBy: node.partitionBy,
    symbol: (soleFunction(node) as WindowFunctionCall).symbol,
  }),
})

/** The largest integer value a conjunct lets a symbol have; undefined if it bounds nothing. */
function upperBound(e: Expression, name: string): number | undefined {
  if (e.kind !== 'comparison' || e.left.kind !== 'symbol' || e.left.name !== name) return undefined
  if (e.right.kind !== 'constant' || typeof e.right.value !== 'bigint') return undefined
  const value = Number(e.right.value)
  if (e.operator === '<=' || e.operator === '=') return value
  return e.operator === '<' ? value - 1 : undefined
}

function boundOf(
  node: FilterNode,
  name: string,
): { bound: number; rest: Expression[] } | undefined {
  const conjuncts = conjunctsOf(node.predicate)
  const bounds = conjuncts.flatMap((e) => upperBound(e, name) ?? [])
  if (bounds.length === 0) return undefined
  const bound = Math.min(...bounds)
  // `rn = 1` is the bound; `rn = 2` still has to drop the first.
  const rest = conjuncts.filter((e) => {
    if (upperBound(e, name) === undefined) return true
    return e.kind === 'comparison' && e.operator === '=' && bound !== 1
  })
  return { bound, rest }
}

/**
 * Filter(rank <= n, Window(rank() …)) → TopNRanking(n).
 * @source Trino PushPredicateThroughProjectIntoWindow, PushdownFilterIntoWindow
 */
export const filterIntoRanking = rule({
  name: 'FilterIntoRanking',
  pattern: over(
    'filter',
    on('window', (node) => rankingOf(node) !== undefined),
  ),
  apply: (node, context) => {
    const window = node.source
    const call = soleFunction(window) as WindowFunctionCall
    if (window.orderBy.length === 0) return undefined
    const found = boundOf(node, call.symbol.name)
    if (found === undefined) return undefined
    if (found.bound < 1) return emptyValues(context, outputsOf(node))
    const ranked: PlanNode = {
      kind: 'topNRanking',
      id: window.id,
      source: window.source,
      ranking: rankingOf(window) as Ranking,
      partitionBy: window.partitionBy,
      orderBy: window.orderBy,
      symbol: call.symbol,
      maxRanking: found.bound,
    }
    return filterOver(context, ranked, found.rest)
  },
})

/** Filter(rn <= n, RowNumber) → RowNumber(n). @source Trino PushdownFilterIntoRowNumber */
export const filterIntoRowNumber = rule({
  name: 'FilterIntoRowNumber',
  pattern: over('filter', on('rowNumber')),
  apply: (node, context) => {
    const rowNumber = node.source
    const found = boundOf(node, rowNumber.symbol.name)
    if (found === undefined) return undefined
    if (found.bound < 1) return emptyValues(context, outputsOf(node))
    const max = Math.min(found.bound, rowNumber.maxRowsPerPartition ?? found.bound)
    const all = conjunctsOf(node.predicate).length
    if (max === rowNumber.maxRowsPerPartition && found.rest.length === all) return undefined
    return filterOver(context, { ...rowNumber, maxRowsPerPartition: max }, found.rest)
  },
})

/** Limit(n, RowNumber(no partition)) → RowNumber(n) and Limit(n, Window(row_number, no partition)) → TopNRanking. @source Trino PushdownLimitIntoRowNumber, …IntoWindow */
export const limitIntoRowNumber = rule({
  name: 'LimitIntoRowNumber',
  pattern: over('limit', on('rowNumber'), (node) => node.tiesOrderBy === undefined),
  apply: (node) => {
    const rowNumber = node.source
    if (rowNumber.partitionBy.length > 0) return undefined
    const max = rowNumber.maxRowsPerPartition
    if (max !== undefined && max <= node.count) return rowNumber
    return { ...rowNumber, maxRowsPerPartition: node.count }
  },
})

const sameOrder = (a: WindowNode, b: WindowNode): boolean =>
  a.orderBy.length === b.orderBy.length &&
  a.orderBy.every((item, i) => {
    const other = b.orderBy[i]
    return (
      item.symbol.name === other?.symbol.name &&
      item.ascending === other.ascending &&
      item.nullsFirst === other.nullsFirst
    )
  })

/** Window(f, Window(g, x)) of one specification → Window(g and f, x). @source Trino GatherAndMergeWindows */
export const mergeWindows = rule({
  name: 'MergeWindows',
  pattern: over('window', on('window')),
  apply: (node) => {
    const inner = node.source
    const keys = new Set(inner.partitionBy.map((s) => s.name))
    const samePartition =
      node.partitionBy.length === inner.partitionBy.length &&
      node.partitionBy.every((s) => keys.has(s.name))
    if (!samePartition || !sameOrder(node, inner)) return undefined
    const made = new Set(inner.functions.map((f) => f.symbol.name))
    const reads = node.functions.flatMap((f) => [
      ...f.args.flatMap((arg) => (arg.kind === 'symbol' ? [arg.name] : [])),
      ...[f.filter, f.frame.start.value, f.frame.end.value].flatMap((s) => s?.name ?? []),
    ])
    if (reads.some((name) => made.has(name))) return undefined
    if (node.functions.some((f) => f.args.some((arg) => !isSimple(arg)))) return undefined
    return { ...inner, functions: [...inner.functions, ...node.functions] }
  },
})

const isSimple = (e: Expression): boolean => e.kind === 'symbol' || e.kind === 'constant'
