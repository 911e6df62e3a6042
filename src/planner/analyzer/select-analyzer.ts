import type { Expression } from '../../expressions/ir.js'
import { field as rowField } from '../../expressions/ir-build.js'
import { isDeterministic } from '../../expressions/ir-walk.js'
import { isComparable, typeName } from '../../spi/index.js'
import type {
  AllColumns,
  Expression as AstExpression,
  QuerySpecification,
  Relation,
  Select,
  SelectItem,
} from '../parser/ast/index.js'
import { readFields } from './access-uses.js'
import { type CheckedExpression, checkAggregation } from './aggregation-check.js'
import {
  type Analysis,
  analyze,
  type ExpressionContext,
  expressionContext,
  type MetCall,
  newField,
  type QueryPlace,
  type ResolvedWindow,
  visibleFields,
} from './analysis.js'
import type { BoundGrouping, BoundRelation, BoundSelect, Field } from './bound.js'
import { canonicalName } from './canonical-name.js'
import { analyzeCondition, refuseCalls, refuseWrittenCalls, writtenCalls } from './clause-check.js'
import { fieldReference } from './column-analysis.js'
import { analyzeGroupBy } from './group-by-analysis.js'
import {
  analyzeOrderBy,
  keepsOrder,
  type OrderByOutput,
  withoutOutputs,
} from './order-by-analysis.js'
import { analyzeRowLimits } from './row-limit-analysis.js'
import {
  fieldsNamed,
  lastNameOf,
  matchesPrefix,
  qualifiedNameOf,
  relationScope,
  type Scope,
} from './scope.js'
import { semanticError } from './semantic-error.js'
import { analyzeWindow, resolveWindow } from './window-analysis.js'

type AnalyzeRelation = (node: Relation, scope: Scope, analysis: Analysis) => BoundRelation

/** A column of the select list. */
export interface SelectOutput extends OrderByOutput {
  readonly node: AstExpression | AllColumns
  readonly met: readonly MetCall[]
}

/** @source Trino StatementAnalyzer.visitQuerySpecification */
export function analyzeSelect(
  node: QuerySpecification,
  scope: Scope,
  analysis: Analysis,
  analyzeRelation: AnalyzeRelation,
  place: QueryPlace,
): BoundSelect {
  const from = node.from === undefined ? undefined : analyzeRelation(node.from, scope, analysis)
  const source: Scope =
    from === undefined
      ? { fields: [], parent: scope, isQueryBoundary: false }
      : relationScope(from.fields, scope)
  const context = specificationContext(node, source, analysis)
  try {
    const clauses = analyzeClauses(node, source, context, place)
    return from === undefined ? clauses : { ...clauses, from }
  } catch (cause) {
    // What is wrong with the windows that calls name comes first.
    refuseUnknownWindows(node, context)
    throw cause
  }
}

function analyzeClauses(
  node: QuerySpecification,
  source: Scope,
  context: ExpressionContext,
  place: QueryPlace,
): BoundSelect {
  const { analysis } = context
  const where = analyzeWhere(node, context)
  const outputs = node.select.selectItems.flatMap((item) =>
    selectOutputs(item, node.select, context),
  )
  if (node.select.distinct) checkDistinct(outputs)
  const groupBy =
    node.groupBy === undefined ? undefined : analyzeGroupBy(node.groupBy, outputs, context, node)
  const having = analyzeHaving(node, context)
  const orderContext: ExpressionContext = {
    ...context,
    met: [],
    scope: {
      ...relationScope(
        outputs.map((o) => o.field),
        source,
      ),
      isOutput: true,
    },
  }
  const orderBy = analyzeOrderBy(node.orderBy, outputs, orderContext)
  const limits = analyzeRowLimits(node, analysis)
  const met = [...outputs.flatMap((o) => o.met), ...having.met, ...orderContext.met]
  const grouping = groupingOf(node, groupBy, met)
  if (grouping !== undefined) {
    checkAggregation(
      [
        ...outputs,
        ...(having.checked === undefined ? [] : [having.checked]),
        ...orderBy.map((item, i) => ({
          node: node.orderBy!.sortItems[i]!.sortKey,
          expression: item.expression,
          met: i === 0 ? orderContext.met : [],
        })),
      ],
      { grouping, sourceFields: source.fields, analysis },
    )
  }
  if (node.select.distinct) checkDistinctOrder(node, orderBy, outputs)
  for (const check of context.deferred ?? []) check()
  const isOrdered = keepsOrder(node, limits, place, analysis)
  return {
    kind: 'select',
    fields: outputs.map((o) => o.field),
    outputs: outputs.map((o) => o.expression),
    distinct: node.select.distinct,
    orderBy: isOrdered ? orderBy : [],
    ...limits,
    ...(where === undefined ? {} : { where }),
    ...(grouping === undefined ? {} : { grouping }),
    ...(having.checked === undefined ? {} : { having: having.checked.expression }),
  }
}

/** The context of the specification's clauses, with the windows of its WINDOW clause. */
function specificationContext(
  node: QuerySpecification,
  source: Scope,
  analysis: Analysis,
): ExpressionContext {
  const windows = new Map<string, ResolvedWindow>()
  const context = expressionContext(analysis, source, {
    windows,
    specification: node,
    deferred: [],
  })
  for (const definition of node.windows) {
    const name = definition.name.value.toLowerCase()
    if (windows.has(name)) {
      throw semanticError(
        'DUPLICATE_WINDOW_NAME',
        definition,
        `WINDOW name '${definition.name.value}' specified more than once`,
      )
    }
    const window = resolveWindow(definition.window, windows)
    analyzeWindow(window, { ...context, met: [] }, definition.window)
    windows.set(name, window)
  }
  return context
}

/** @source Trino StatementAnalyzer.resolveFunctionCallAndMeasureWindows */
function refuseUnknownWindows(node: QuerySpecification, { windows }: ExpressionContext): void {
  const written = [
    ...node.select.selectItems.map((item) =>
      item.kind === 'allColumns' ? item.target : item.expression,
    ),
    ...(node.orderBy?.sortItems ?? []).map((item) => item.sortKey),
  ].flatMap((expression) => (expression === undefined ? [] : writtenCalls(expression)))
  for (const kind of ['functionCall', 'windowOperation'] as const) {
    for (const call of written) {
      if (call.kind === kind && call.window !== undefined) resolveWindow(call.window, windows)
    }
  }
}

function analyzeWhere(
  node: QuerySpecification,
  context: ExpressionContext,
): Expression | undefined {
  if (node.where === undefined) return undefined
  const inner: ExpressionContext = { ...context, met: [] }
  refuseWrittenCalls(node.where, context.analysis.registry, 'WHERE clause')
  return analyzeCondition(node.where, inner, 'WHERE')
}

function analyzeHaving(
  node: QuerySpecification,
  context: ExpressionContext,
): { readonly checked: CheckedExpression | undefined; readonly met: readonly MetCall[] } {
  if (node.having === undefined) return { checked: undefined, met: [] }
  const inner: ExpressionContext = { ...context, met: [] }
  const expression = analyzeCondition(node.having, inner, 'HAVING')
  const window = inner.met.find((m) => m.kind === 'window')
  if (window !== undefined) {
    throw semanticError(
      'NESTED_WINDOW',
      window.node,
      'HAVING clause cannot contain window functions or row pattern measures',
    )
  }
  return { checked: { node: node.having, expression, met: inner.met }, met: inner.met }
}

function selectOutputs(
  item: SelectItem,
  select: Select,
  context: ExpressionContext,
): readonly SelectOutput[] {
  if (item.kind === 'allColumns') return allColumns(item, select, context)
  const inner: ExpressionContext = { ...context, met: [] }
  const expression = analyze(item.expression, inner)
  const name = (item.alias ?? lastNameOf(item.expression))?.value
  const { origin } = sourceFieldOf(expression, context) ?? {}
  return [
    {
      node: item.expression,
      expression,
      met: inner.met,
      field: {
        ...newField(context.analysis, expression.type, name),
        ...(origin === undefined ? {} : { origin }),
        ...(item.alias === undefined ? {} : { aliased: true }),
      },
    },
  ]
}

function allColumns(
  item: AllColumns,
  select: Select,
  context: ExpressionContext,
): readonly SelectOutput[] {
  const columns = item.target === undefined ? starFields(item, context) : undefined
  readFields(context.analysis, columns ?? [])
  const outputs =
    columns?.map((f) => ({ expression: fieldReference(f), name: f.name, origin: f.origin })) ??
    targetColumns(item, item.target!, select, context)
  const { aliases } = item
  if (aliases.length > 0 && aliases.length !== outputs.length) {
    throw semanticError(
      'MISMATCHED_COLUMN_ALIASES',
      aliases[0]!,
      `Column alias list has ${aliases.length} entries but relation has ${outputs.length} columns`,
    )
  }
  return outputs.map(({ expression, name, origin }, i) => {
    const alias = aliases[i]
    const shown = alias === undefined ? name : canonicalName(alias)
    return {
      node: item,
      expression,
      met: [],
      field: {
        ...newField(context.analysis, expression.type, shown),
        ...(origin === undefined ? {} : { origin }),
        ...(alias === undefined ? {} : { aliased: true }),
      },
    }
  })
}

/** The column of the query's source that an expression is, unchanged. */
function sourceFieldOf(expression: Expression, { scope }: ExpressionContext): Field | undefined {
  if (expression.kind !== 'symbol') return undefined
  let byId = fieldsById.get(scope)
  if (byId === undefined) {
    byId = new Map(scope.fields.map((f) => [f.id, f]))
    fieldsById.set(scope, byId)
  }
  return byId.get(expression.name)
}

const fieldsById = new WeakMap<Scope, ReadonlyMap<string, Field>>()

function starFields(item: AllColumns, { scope }: ExpressionContext): readonly Field[] {
  if (scope.hasRelation !== true) {
    throw semanticError(
      'COLUMN_NOT_FOUND',
      item,
      'SELECT * not allowed in queries without FROM clause',
    )
  }
  return nonEmpty(visibleFields(scope.fields), item)
}

function nonEmpty(fields: readonly Field[], item: AllColumns): readonly Field[] {
  if (fields.length > 0) return fields
  throw semanticError(
    'COLUMN_NOT_FOUND',
    item,
    'SELECT * not allowed from relation that has no columns',
  )
}

interface NamedExpression {
  readonly expression: Expression
  readonly name: string | undefined
  readonly origin?: Field['origin'] | undefined
}

/**
 * `t.*`: the columns of a relation in reach, or else the fields of a row.
 *
 * @source Trino StatementAnalyzer.visitQuerySpecification, Scope.resolveAsteriskedIdentifierChainBasis
 */
function targetColumns(
  item: AllColumns,
  target: AstExpression,
  select: Select,
  context: ExpressionContext,
): readonly NamedExpression[] {
  const prefix = qualifiedNameOf(target)
  if (prefix !== undefined) {
    for (let s: Scope | undefined = context.scope; s !== undefined; s = s.parent) {
      const fields = s.fields.filter((f) => f.qualifier !== undefined && matchesPrefix(f, prefix))
      if (fields.length === 0) continue
      const visible = nonEmpty(visibleFields(fields), item)
      readFields(context.analysis, visible)
      return visible.map((f) => ({
        expression: fieldReference(f),
        name: f.name,
        origin: f.origin,
      }))
    }
    if (!startsWithRow(context.scope, prefix)) {
      const name = prefix.join('.')
      throw semanticError('TABLE_NOT_FOUND', item, `Unable to resolve reference ${name}`)
    }
  }
  const inner: ExpressionContext = { ...context, met: [] }
  const row = analyze(target, inner)
  refuseCalls(inner.met, item, 'SELECT clause')
  if (row.type.kind !== 'row') {
    throw semanticError('TYPE_MISMATCH', select, 'expected expression of type Row')
  }
  return row.type.fields.map((f, i) => ({ expression: rowField(row, i), name: f.name }))
}

/** Whether a name begins with a column of type ROW and the relation that it is of. */
function startsWithRow(scope: Scope, name: readonly string[]): boolean {
  for (let s: Scope | undefined = scope; s !== undefined; s = s.parent) {
    for (let length = 2; length <= name.length; length++) {
      const fields = fieldsNamed(s.fields, name.slice(0, length))
      if (fields.some((f) => f.type.kind === 'row')) return true
    }
  }
  return false
}

function checkDistinct(outputs: readonly SelectOutput[]): void {
  for (const { node, expression } of outputs) {
    if (isComparable(expression.type)) continue
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `DISTINCT can only be applied to comparable types (actual: ${typeName(expression.type)})`,
    )
  }
}

/** With DISTINCT, rows are ordered by what they show. */
function checkDistinctOrder(
  node: QuerySpecification,
  orderBy: BoundSelect['orderBy'],
  outputs: readonly SelectOutput[],
): void {
  const ids = new Set(outputs.map((o) => o.field.id))
  for (const item of orderBy) {
    const { expression } = item
    if (expression.kind === 'symbol' && ids.has(expression.name)) continue
    if (!isDeterministic(withoutOutputs(expression, outputs))) {
      throw semanticError(
        'NOT_SUPPORTED',
        node,
        'Non deterministic ORDER BY expression is not supported with SELECT DISTINCT',
      )
    }
    throw semanticError(
      'EXPRESSION_NOT_IN_DISTINCT',
      node,
      'For SELECT DISTINCT, ORDER BY expressions must appear in select list',
    )
  }
}

/** The grouping of the query: written, or of all rows where there are aggregations or HAVING. */
function groupingOf(
  node: QuerySpecification,
  groupBy: BoundGrouping | undefined,
  met: readonly MetCall[],
): BoundGrouping | undefined {
  if (groupBy !== undefined) return groupBy
  if (met.some((m) => m.kind === 'grouping')) {
    throw semanticError(
      'MISSING_GROUP_BY',
      node,
      'A GROUPING() operation can only be used with a corresponding GROUPING SET/CUBE/ROLLUP/GROUP BY clause',
    )
  }
  const isAggregation = node.having !== undefined || met.some((m) => m.kind === 'aggregate')
  return isAggregation ? { keys: [], sets: [[]] } : undefined
}
