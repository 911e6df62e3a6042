import type { Query, With } from '../parser/ast/index.js'
import { readFields } from './access-uses.js'
import { type Analysis, expressionContext, type QueryPlace, visibleFields } from './analysis.js'
import type { BoundQuery, BoundRelation, Field } from './bound.js'
import { checkColumnNames, refuseCalls } from './clause-check.js'
import { fieldReference } from './column-analysis.js'
import { analyzeOrderBy, keepsOrder, type OrderByOutput } from './order-by-analysis.js'
import { analyzeRecursiveQuery } from './recursion-analysis.js'
import { analyzeRelation } from './relation-analyzer.js'
import { withInlineFunctions } from './routine-registry.js'
import { analyzeRowLimits } from './row-limit-analysis.js'
import { relationScope, type Scope, type WithQuery } from './scope.js'
import { semanticError } from './semantic-error.js'

/** @source Trino StatementAnalyzer.visitQuery */
export function analyzeQuery(
  node: Query,
  scope: Scope,
  outer: Analysis,
  place: QueryPlace,
): BoundRelation {
  const analysis = withInlineFunctions(node.functions, outer)
  const withScope = node.with === undefined ? scope : analyzeWith(node.with, scope, analysis)
  const isPlain =
    node.orderBy === undefined && node.offset === undefined && node.limit === undefined
  const bodyPlace: QueryPlace = isPlain ? place : {}
  const body = analyzeRelation(node.queryBody, withScope, analysis, bodyPlace)
  const fields = visibleFields(body.fields)
  // `TABLE t` reads all that there is.
  if (node.queryBody.kind === 'table') readFields(analysis, fields)
  if (isPlain) {
    return fields.length === body.fields.length
      ? body
      : ({ kind: 'query', body, fields, orderBy: [] } satisfies BoundQuery)
  }
  const context = expressionContext(analysis, relationScope(fields, withScope), {
    specification: node,
  })
  const outputs = fields.map(
    (field): OrderByOutput => ({ field, expression: fieldReference(field) }),
  )
  const orderBy = analyzeOrderBy(node.orderBy, outputs, context)
  if (node.orderBy !== undefined) refuseCalls(context.met, node.orderBy, 'ORDER BY clause')
  const limits = analyzeRowLimits(node, analysis)
  const isOrdered = keepsOrder(node, limits, place, analysis)
  return { kind: 'query', body, fields, orderBy: isOrdered ? orderBy : [], ...limits }
}

function analyzeWith(node: With, scope: Scope, analysis: Analysis): Scope {
  const withQueries = new Map<string, WithQuery>()
  const withScope: Scope = { fields: [], parent: scope, isQueryBoundary: false, withQueries }
  for (const withQuery of node.queries) {
    const name = withQuery.name.value.toLowerCase()
    if (withQueries.has(name)) {
      throw semanticError(
        'DUPLICATE_NAMED_QUERY',
        withQuery,
        `WITH query name '${withQuery.name.value}' specified more than once`,
      )
    }
    const recursive = node.recursive
      ? analyzeRecursiveQuery(withQuery, withScope, analysis, analyzeRelation)
      : undefined
    if (recursive !== undefined) {
      withQueries.set(name, { relation: recursive })
      continue
    }
    const relation = analysis.analyzeQuery(withQuery.query, withScope, {})
    const fields = visibleFields(relation.fields)
    const names = withQuery.columnNames
    if (names !== undefined) checkColumnNames(names, fields.length)
    let position = 0
    const renamed = relation.fields.map(
      (f): Field =>
        names === undefined || f.hidden ? f : { ...f, name: names[position++]!.value },
    )
    withQueries.set(name, { relation: { ...relation, fields: renamed } })
  }
  return withScope
}
