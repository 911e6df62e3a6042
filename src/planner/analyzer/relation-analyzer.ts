import { commonSuperType } from '../../expressions/coercion.js'
import type { Expression } from '../../expressions/ir.js'
import { coerce, field as rowField } from '../../expressions/ir-build.js'
import { BIGINT, DOUBLE, MillraceError, type SqlType, typeName } from '../../spi/index.js'
import type {
  AliasedRelation,
  Expression as AstExpression,
  Relation,
  SampledRelation,
  Unnest,
  Values,
} from '../parser/ast/index.js'
import {
  type Analysis,
  analyze,
  type ExpressionContext,
  expressionContext,
  newField,
  type QueryPlace,
  visibleFields,
} from './analysis.js'
import type { BoundRelation, BoundUnnest, Field } from './bound.js'
import { refuseCalls } from './clause-check.js'
import { evaluateConstant } from './constant-evaluation.js'
import { analyzeJoin } from './join-analysis.js'
import { analyzeJsonTable } from './json-table-analysis.js'
import { analyzePatternRecognition } from './row-pattern-analysis.js'
import { type Scope, subqueryScope } from './scope.js'
import { analyzeSelect } from './select-analyzer.js'
import { semanticError } from './semantic-error.js'
import { analyzeSetOperation } from './set-operation-analysis.js'
import { analyzeTable } from './table-analysis.js'
import {
  aliasTableFunction,
  analyzeTableFunction,
  columnAliases,
} from './table-function-analysis.js'

/**
 * Analyzes what stands in FROM, or a query body.
 * @param scope what expressions in it may see besides the relation's own parts: outer queries, the left side of a lateral join
 */
export function analyzeRelation(
  node: Relation,
  scope: Scope,
  analysis: Analysis,
  place: QueryPlace = {},
): BoundRelation {
  switch (node.kind) {
    case 'table':
      return analyzeTable(node, scope, analysis)
    case 'tableSubquery':
      return analysis.analyzeQuery(node.query, scope, { ...place, isTop: false })
    case 'querySpecification':
      return analyzeSelect(node, scope, analysis, analyzeRelation, place)
    case 'union':
    case 'intersect':
    case 'except':
      return analyzeSetOperation(node, scope, analysis, analyzeRelation)
    case 'values':
      return analyzeValues(node, scope, analysis)
    case 'aliasedRelation':
      return analyzeAliased(node, scope, analysis)
    case 'join':
      return analyzeJoin(node, scope, analysis, analyzeRelation)
    case 'lateral':
      return analysis.analyzeQuery(node.query, subqueryScope(scope), {})
    case 'unnest':
      return analyzeUnnest(node, scope, analysis)
    case 'sampledRelation':
      return analyzeSample(node, scope, analysis)
    case 'tableFunctionInvocation':
      return analyzeTableFunction(node, scope, analysis, analyzeRelation)
    case 'jsonTable':
      return analyzeJsonTable(node, scope, analysis)
    case 'patternRecognitionRelation':
      return analyzePatternRecognition(node, scope, analysis, analyzeRelation)
  }
}

function analyzeAliased(node: AliasedRelation, scope: Scope, analysis: Analysis): BoundRelation {
  const relation = analyzeRelation(node.relation, scope, analysis)
  if (relation.kind === 'tableFunction' && node.relation.kind === 'tableFunctionInvocation') {
    return aliasTableFunction(node, relation)
  }
  const visible = visibleFields(relation.fields)
  const names = columnAliases(node)
  if (names !== undefined && names.length !== visible.length) {
    throw semanticError(
      'MISMATCHED_COLUMN_ALIASES',
      node,
      `Column alias list has ${names.length} entries but '${node.alias.value}' has ${visible.length} columns available`,
    )
  }
  const qualifier = [node.alias.value.toLowerCase()]
  let position = 0
  const fields = relation.fields.map((f): Field => {
    if (names === undefined) return { ...f, qualifier }
    if (!f.hidden) return { ...f, qualifier, name: names[position++]! }
    const { name: _, ...nameless } = f
    return { ...nameless, qualifier }
  })
  return { ...relation, fields }
}

/** Rows of VALUES become columns: of a written row its items, of a row value its fields. */
function analyzeValues(node: Values, scope: Scope, analysis: Analysis): BoundRelation {
  const context = expressionContext(analysis, scope)
  const rows = node.rows.map((item) => rowItems(item, context))
  refuseCalls(context.met, node, 'VALUES clause')
  const first = rows[0]!
  const types: SqlType[] = first.map((e) => e.type)
  for (const current of rows) {
    if (current.length !== first.length) {
      throw semanticError(
        'TYPE_MISMATCH',
        node,
        `Values rows have mismatched sizes: ${first.length} vs ${current.length}`,
      )
    }
    current.forEach((e, i) => {
      const common = commonSuperType(types[i]!, e.type)
      if (common === undefined) {
        const text = (items: readonly Expression[]) =>
          `row(${items.map((item) => typeName(item.type)).join(', ')})`
        throw semanticError(
          'TYPE_MISMATCH',
          node,
          `Values rows have mismatched types: ${text(first)} vs ${text(current)}`,
        )
      }
      types[i] = common
    })
  }
  return {
    kind: 'values',
    fields: types.map((type) => newField(analysis, type)),
    rows: rows.map((current) => current.map((e, i) => coerce(e, types[i]!))),
  }
}

function rowItems(item: AstExpression, context: ExpressionContext): readonly Expression[] {
  if (item.kind === 'row') return item.items.map((inner) => analyze(inner, context))
  const value = analyze(item, context)
  return value.type.kind === 'row' ? value.type.fields.map((_, i) => rowField(value, i)) : [value]
}

function analyzeUnnest(node: Unnest, scope: Scope, analysis: Analysis): BoundUnnest {
  const context = expressionContext(analysis, scope)
  const collections = node.expressions.map((item) => {
    const expression = analyze(item, context)
    refuseCalls(context.met, item, 'UNNEST')
    return { expression, fields: unnestedFields(expression.type, analysis) }
  })
  const ordinality = node.withOrdinality ? newField(analysis, BIGINT) : undefined
  return {
    kind: 'unnest',
    collections,
    fields: [...collections.flatMap((c) => c.fields), ...(ordinality ? [ordinality] : [])],
    ...(ordinality === undefined ? {} : { ordinality }),
  }
}

/** An array of rows gives a column a field, a map its keys and values. */
function unnestedFields(type: SqlType, analysis: Analysis): readonly Field[] {
  if (type.kind === 'array') {
    return type.element.kind === 'row'
      ? type.element.fields.map((f) => newField(analysis, f.type, f.name))
      : [newField(analysis, type.element)]
  }
  if (type.kind === 'map') return [newField(analysis, type.key), newField(analysis, type.value)]
  throw new MillraceError('INVALID_FUNCTION_ARGUMENT', `Cannot unnest type: ${typeName(type)}`)
}

/** Whether an expression has names of columns, whatever they are of. */
function namesColumns(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(namesColumns)
  if (typeof value !== 'object' || value === null) return false
  const { kind } = value as { readonly kind?: unknown }
  if (kind === 'identifier' || kind === 'dereferenceExpression') return true
  // What a subquery has is its own.
  if (kind === 'query') return false
  return Object.entries(value).some(
    ([key, member]) => !(kind === 'functionCall' && key === 'name') && namesColumns(member),
  )
}

function analyzeSample(node: SampledRelation, scope: Scope, analysis: Analysis): BoundRelation {
  const context = expressionContext(analysis, { fields: [], isQueryBoundary: false })
  if (namesColumns(node.samplePercentage)) {
    throw semanticError(
      'EXPRESSION_NOT_CONSTANT',
      node.samplePercentage,
      'Sample percentage cannot contain column references',
    )
  }
  const percentage = analyze(node.samplePercentage, context)
  const isNumber = /^(tinyint|smallint|integer|bigint|decimal|real|double|unknown)$/.test(
    percentage.type.kind,
  )
  if (!isNumber) {
    throw semanticError(
      'TYPE_MISMATCH',
      node.samplePercentage,
      'Sample percentage should be a numeric expression',
    )
  }
  const constant = evaluateConstant(coerce(percentage, DOUBLE), analysis, node.samplePercentage)
  const value = constant.value
  const refuse = (message: string): never => {
    throw semanticError('NUMERIC_VALUE_OUT_OF_RANGE', node.samplePercentage, message)
  }
  if (typeof value !== 'number') {
    throw semanticError(
      'INVALID_ARGUMENTS',
      node.samplePercentage,
      'Sample percentage cannot be NULL',
    )
  }
  if (value < 0) refuse('Sample percentage must be greater than or equal to 0')
  if (value > 100) refuse('Sample percentage must be less than or equal to 100')
  const source = analyzeRelation(node.relation, scope, analysis)
  analysis.traits.deterministic = false
  return {
    kind: 'sample',
    source,
    fields: source.fields,
    type: node.type === 'BERNOULLI' ? 'bernoulli' : 'system',
    ratio: value / 100,
  }
}
