import { commonSuperType } from '../../expressions/coercion.js'
import type { Expression } from '../../expressions/ir.js'
import { symbol } from '../../expressions/ir-build.js'
import {
  BOOLEAN,
  isComparable,
  isOrderable,
  rowType,
  type SqlType,
  typeName,
} from '../../spi/index.js'
import type {
  Expression as AstExpression,
  ExistsPredicate,
  InPredicate,
  QuantifiedComparisonExpression,
  SubqueryExpression,
} from '../parser/ast/index.js'
import { analyze, type ExpressionContext, internCall, visibleFields } from './analysis.js'
import type { BoundRelation, BoundSubquery, OuterColumn } from './bound.js'
import { coerceNoting } from './coercion-analysis.js'
import { type Scope, subqueryScope } from './scope.js'
import { semanticError } from './semantic-error.js'

const withoutPlaces = (key: string, value: unknown): unknown =>
  key === 'location' || key === 'span' ? undefined : value

const scopeNumbers = new WeakMap<Scope, number>()
let scopeCount = 0

/** A text that equal subqueries of one scope share. */
function textKey(node: AstExpression, scope: Scope): string {
  let number = scopeNumbers.get(scope)
  if (number === undefined) scopeNumbers.set(scope, (number = ++scopeCount))
  return `subquery ${number} ${JSON.stringify(node, withoutPlaces)}`
}

function analyzeSubquery(
  node: AstExpression,
  context: ExpressionContext,
): { readonly query: BoundRelation; readonly outerColumns: readonly OuterColumn[] } {
  if (node.kind !== 'subqueryExpression') {
    throw semanticError('NOT_SUPPORTED', node, 'Expected a subquery')
  }
  if (context.lambdaDepth > 0) {
    throw semanticError('NOT_SUPPORTED', node, 'Lambda expression cannot contain subqueries')
  }
  const { outerColumns } = context.analysis
  const before = outerColumns.length
  const query = context.analysis.analyzeQuery(node.query, subqueryScope(context.scope))
  return { query, outerColumns: outerColumns.slice(before) }
}

/** Interns by the text, so that a subquery written twice (SELECT and GROUP BY) is one, analyzed once. */
function intern(
  node: AstExpression,
  context: ExpressionContext,
  make: (id: string) => BoundSubquery,
): Expression {
  const id = internCall(context, 's', textKey(node, context.scope), make)
  const bound = context.analysis.calls.get(id) as BoundSubquery
  return symbol(id, bound.kind === 'scalarSubquery' ? bound.type : BOOLEAN)
}

/** The type of a subquery's columns as one value. */
function rowTypeOf(query: BoundRelation): SqlType {
  return rowType(visibleFields(query.fields).map((f) => ({ type: f.type })))
}

export function analyzeScalarSubquery(
  node: SubqueryExpression,
  context: ExpressionContext,
): Expression {
  return intern(node, context, (id) => {
    const { query, outerColumns } = analyzeSubquery(node, context)
    const fields = visibleFields(query.fields)
    const type =
      fields.length === 1
        ? fields[0]!.type
        : rowType(
            fields.map((f) =>
              f.name === undefined ? { type: f.type } : { name: f.name, type: f.type },
            ),
          )
    const { location } = node.query
    return { kind: 'scalarSubquery', id, query, outerColumns, type, location }
  })
}

export function analyzeExists(node: ExistsPredicate, context: ExpressionContext): Expression {
  return intern(node, context, (id) => ({
    kind: 'existsSubquery',
    id,
    ...analyzeSubquery(node.subquery, context),
    location: node.location,
  }))
}

function comparedType(value: SqlType, query: BoundRelation): SqlType | undefined {
  const fields = visibleFields(query.fields)
  if (value.kind !== 'row' && fields.length === 1) return commonSuperType(value, fields[0]!.type)
  return value.kind === 'row' ? commonSuperType(value, rowTypeOf(query)) : undefined
}

function mismatch(
  node: AstExpression,
  value: SqlType,
  query: BoundRelation,
): ReturnType<typeof semanticError> {
  const fields = visibleFields(query.fields)
  const result = value.kind !== 'row' && fields.length === 1 ? fields[0]!.type : rowTypeOf(query)
  return semanticError(
    'TYPE_MISMATCH',
    node,
    `Value expression and result of subquery must be of the same type: ${typeName(value)} vs ${typeName(result)}`,
  )
}

export function analyzeInSubquery(
  node: InPredicate,
  list: SubqueryExpression,
  context: ExpressionContext,
): Expression {
  const value = analyze(node.value, context)
  return intern(node, context, (id) => {
    const { query, outerColumns } = analyzeSubquery(list, context)
    const type = comparedType(value.type, query)
    if (type === undefined) throw mismatch(node, value.type, query)
    if (!isComparable(type)) {
      throw semanticError(
        'TYPE_MISMATCH',
        node,
        `Type [${typeName(type)}] must be comparable in order to be used in IN predicate`,
      )
    }
    return {
      kind: 'inSubquery',
      id,
      query,
      outerColumns,
      value: coerceNoting(context.analysis, value, type),
      location: node.location,
    }
  })
}

/** What is IN or NOT IN by another name. */
const isMembership = ({ operator, quantifier }: QuantifiedComparisonExpression): boolean =>
  (operator === '=' && quantifier !== 'ALL') || (operator === '<>' && quantifier === 'ALL')

export function analyzeQuantified(
  node: QuantifiedComparisonExpression,
  context: ExpressionContext,
): Expression {
  const value = analyze(node.value, context)
  return intern(node, context, (id) => {
    const { query, outerColumns } = analyzeSubquery(node.subquery, context)
    const type = comparedType(value.type, query)
    if (type === undefined) throw mismatch(node, value.type, query)
    const needsOrder = node.operator !== '=' && node.operator !== '<>'
    if (needsOrder ? !isOrderable(type) : !isComparable(type)) {
      throw semanticError(
        'TYPE_MISMATCH',
        node,
        `Type [${typeName(type)}] must be ${needsOrder ? 'orderable' : 'comparable'} in order to be used in quantified comparison`,
      )
    }
    return {
      kind: 'quantifiedSubquery',
      id,
      query,
      outerColumns,
      value: coerceNoting(context.analysis, value, type),
      operator: node.operator,
      quantifier: node.quantifier === 'ALL' ? 'all' : 'any',
      location: isMembership(node) ? node.location : node.subquery.query.location,
    }
  })
}
