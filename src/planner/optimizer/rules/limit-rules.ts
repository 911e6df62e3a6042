import type {
  AsyncCallNode,
  LimitNode,
  PlanNode,
  SetOperationNode,
  SortItem,
  TopNNode,
} from '../../plan/node.js'
import { outputsOf, withSources } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { cardinalityOf } from '../analysis/cardinality.js'
import { emptyValues } from '../build.js'
import type { OptimizerContext } from '../context.js'
import { namesOf } from '../expression/predicates.js'
import { on, over, rule } from '../rule.js'

const withoutTies = (node: LimitNode): boolean => node.tiesOrderBy === undefined
const limitOf = (count: number, source: PlanNode, context: OptimizerContext): LimitNode => ({
  kind: 'limit',
  id: context.ids.next(),
  source,
  count,
})

/** LIMIT 0 → no rows. @source Trino EvaluateZeroLimit */
export const evaluateZeroLimit = rule({
  name: 'EvaluateZeroLimit',
  pattern: on('limit', (node) => node.count === 0),
  apply: (node, context) => emptyValues(context, outputsOf(node)),
})

/** @source Trino EvaluateZeroTopN */
export const evaluateZeroTopN = rule({
  name: 'EvaluateZeroTopN',
  pattern: on('topN', (node) => node.count === 0),
  apply: (node, context) => emptyValues(context, outputsOf(node)),
})

/** Limit(a, Limit(b, x)) → Limit(min(a, b), x). @source Trino MergeLimits */
export const mergeLimits = rule({
  name: 'MergeLimits',
  pattern: over('limit', on('limit', withoutTies), withoutTies),
  apply: (outer) => ({
    ...outer,
    source: outer.source.source,
    count: Math.min(outer.count, outer.source.count),
  }),
})

/** Limit(a, TopN(b, x)) → TopN(min(a, b), x). @source Trino MergeLimitWithTopN */
export const mergeLimitWithTopN = rule({
  name: 'MergeLimitWithTopN',
  pattern: over('limit', on('topN'), withoutTies),
  apply: (outer) => ({ ...outer.source, count: Math.min(outer.count, outer.source.count) }),
})

/** Limit(Sort(x)) → TopN(x). @source Trino MergeLimitWithSort */
export const mergeLimitWithSort = rule({
  name: 'MergeLimitWithSort',
  pattern: over('limit', on('sort'), withoutTies),
  apply: (outer, context): TopNNode => ({
    kind: 'topN',
    id: context.ids.next(),
    source: outer.source.source,
    orderBy: outer.source.orderBy,
    count: outer.count,
    step: 'single',
  }),
})

/** Limit(Project(x)) → Project(Limit(x)). @source Trino PushLimitThroughProject */
export const pushLimitThroughProject = rule({
  name: 'PushLimitThroughProject',
  pattern: over('limit', on('project'), withoutTies),
  apply: (node) => {
    const project = node.source
    return { ...project, source: { ...node, source: project.source } }
  },
})

/** Limit(n, Offset(m, x)) → Offset(m, Limit(n + m, x)). @source Trino PushLimitThroughOffset */
export const pushLimitThroughOffset = rule({
  name: 'PushLimitThroughOffset',
  pattern: over('limit', on('offset'), withoutTies),
  apply: (node) => {
    const offset = node.source
    return {
      ...offset,
      source: { ...node, count: node.count + offset.count, source: offset.source },
    }
  },
})

/** Offset(a, Offset(b, x)) → Offset(a + b, x). */
export const mergeOffsets = rule({
  name: 'MergeOffsets',
  pattern: over('offset', on('offset')),
  apply: (node) => ({
    ...node,
    count: node.count + node.source.count,
    source: node.source.source,
  }),
})

/** Limit(Mark(x, y)) → Mark(Limit(x), y): a mark gives a row for each row. @source Trino PushLimitThroughMarkDistinct, …SemiJoin */
export const pushLimitThroughMark = rule({
  name: 'PushLimitThroughMark',
  pattern: over(
    'limit',
    on('semiJoin', (join) => join.mode === 'mark'),
    withoutTies,
  ),
  apply: (node) => {
    const join = node.source
    return { ...join, source: { ...node, source: join.source } }
  },
})

/** Tells whether a source is bounded already, so that another limit below would change nothing. */
const isBounded = (source: PlanNode, count: number): boolean => cardinalityOf(source).max <= count

/**
 * Limit(Union(x, y)) → Limit(Union(Limit(x), Limit(y))).
 * @source Trino PushLimitThroughUnion
 */
export const pushLimitThroughUnion = rule({
  name: 'PushLimitThroughUnion',
  pattern: over('limit', on('setOperation', isUnionAll), withoutTies),
  apply: (node, context) => {
    const { sources } = node.source
    if (sources.every((source) => isBounded(source, node.count))) return undefined
    const limited = sources.map((source) =>
      isBounded(source, node.count) ? source : limitOf(node.count, source, context),
    )
    return { ...node, source: withSources(node.source, limited) as SetOperationNode }
  },
})

function isUnionAll(node: SetOperationNode): boolean {
  return node.operation === 'union' && !node.distinct
}

/**
 * Limit(x LEFT JOIN y) → Limit(Limit(x) LEFT JOIN y): each row of x gives at least one.
 * @source Trino PushLimitThroughOuterJoin
 */
export const pushLimitThroughOuterJoin = rule({
  name: 'PushLimitThroughOuterJoin',
  pattern: over('limit', on('join'), withoutTies),
  apply: (node, context) => {
    const join = node.source
    if (join.type === 'left' && !isBounded(join.left, node.count)) {
      const left = limitOf(node.count, join.left, context)
      return { ...node, source: { ...join, left } }
    }
    if (join.type === 'right' && !isBounded(join.right, node.count)) {
      const right = limitOf(node.count, join.right, context)
      return { ...node, source: { ...join, right } }
    }
    return undefined
  },
})

/** A limit on a relation that has no more rows than that. @source Trino RemoveRedundantLimit */
export const removeRedundantLimit = rule({
  name: 'RemoveRedundantLimit',
  pattern: on('limit', (node) => node.count > 0),
  apply: (node) => (isBounded(node.source, node.count) ? node.source : undefined),
})

/** A TopN of no more rows than that is a sort; of one row nothing. @source Trino RemoveRedundantTopN */
export const removeRedundantTopN = rule({
  name: 'RemoveRedundantTopN',
  pattern: on('topN', (node) => node.count > 0),
  apply: (node, context) => {
    const { max } = cardinalityOf(node.source)
    if (max > node.count) return undefined
    if (max <= 1) return node.source
    return { kind: 'sort', id: context.ids.next(), source: node.source, orderBy: node.orderBy }
  },
})

/** Sorting at most one row. @source Trino RemoveRedundantSort */
export const removeRedundantSort = rule({
  name: 'RemoveRedundantSort',
  pattern: on('sort'),
  apply: (node) => (cardinalityOf(node.source).max <= 1 ? node.source : undefined),
})

/** TopN(Project(x)) → Project(TopN(x)) where the order is by symbols that the projection passes on. @source Trino PushTopNThroughProject */
export const pushTopNThroughProject = rule({
  name: 'PushTopNThroughProject',
  pattern: over('topN', on('project')),
  apply: (node) => {
    const project = node.source
    const given = new Map(project.assignments.map((a) => [a.symbol.name, a.expression]))
    const orderBy = []
    for (const item of node.orderBy) {
      const expression = given.get(item.symbol.name)
      if (expression?.kind !== 'symbol') return undefined
      orderBy.push({ ...item, symbol: { name: expression.name, type: expression.type } })
    }
    // A projection that only drops columns makes the rows kept smaller: leave it below.
    if (project.assignments.every((a) => a.expression.kind === 'symbol')) return undefined
    return { ...project, source: { ...node, source: project.source, orderBy } }
  },
})

/** Limit(AsyncCall(x)) → AsyncCall(Limit(x)), and TopN where the order is not by results: fewer calls are made. */
export const pushLimitThroughAsyncCall = rule({
  name: 'PushLimitThroughAsyncCall',
  pattern: over('limit', on('asyncCall')),
  apply: (node) =>
    readsResults(node.source, node.tiesOrderBy ?? [])
      ? undefined
      : { ...node.source, source: { ...node, source: node.source.source } },
})
export const pushTopNThroughAsyncCall = rule({
  name: 'PushTopNThroughAsyncCall',
  pattern: over('topN', on('asyncCall')),
  apply: (node) =>
    readsResults(node.source, node.orderBy)
      ? undefined
      : { ...node.source, source: { ...node, source: node.source.source } },
})

function readsResults({ calls }: AsyncCallNode, orderBy: readonly SortItem[]): boolean {
  const results = new Set(calls.map((call) => call.symbol.name))
  return orderBy.some((item) => results.has(item.symbol.name))
}

/** TopN(Union(x, y)) → TopN(Union(TopN(x), TopN(y))). @source Trino PushTopNThroughUnion */
export const pushTopNThroughUnion = rule({
  name: 'PushTopNThroughUnion',
  pattern: over('topN', on('setOperation', isUnionAll), (node) => node.step !== 'partial'),
  apply: (node, context) => {
    const union = node.source
    if (union.sources.every((source) => isBounded(source, node.count))) return undefined
    const sources = union.sources.map((source, s): PlanNode => {
      if (isBounded(source, node.count)) return source
      const inputs = union.inputs[s] as readonly PlanSymbol[]
      const orderBy = node.orderBy.map((item) => ({
        ...item,
        symbol: inputs[union.outputs.findIndex((o) => o.name === item.symbol.name)] as PlanSymbol,
      }))
      return { ...node, id: context.ids.next(), source, orderBy }
    })
    return { ...node, source: withSources(union, sources) as SetOperationNode }
  },
})

/** TopN(x LEFT JOIN y) ordered by columns of x → TopN(TopN(x) LEFT JOIN y). @source Trino PushTopNThroughOuterJoin */
export const pushTopNThroughOuterJoin = rule({
  name: 'PushTopNThroughOuterJoin',
  pattern: over('topN', on('join'), (node) => node.step !== 'partial'),
  apply: (node, context) => {
    const join = node.source
    if (join.type !== 'left' && join.type !== 'right') return undefined
    const outer = join.type === 'left' ? join.left : join.right
    const names = namesOf(outputsOf(outer))
    if (!node.orderBy.every((item) => names.has(item.symbol.name))) return undefined
    if (isBounded(outer, node.count)) return undefined
    const top: PlanNode = { ...node, id: context.ids.next(), source: outer }
    const pushed = join.type === 'left' ? { ...join, left: top } : { ...join, right: top }
    return { ...node, source: pushed }
  },
})
