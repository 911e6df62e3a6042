import { commonSuperType, commonSuperTypeOf } from '../../expressions/coercion.js'
import type { ComparisonOperator, Expression } from '../../expressions/ir.js'
import { between, comparison, inList, isNull, not } from '../../expressions/ir-build.js'
import { isCharacter, isComparable, isOrderable, type SqlType, typeName } from '../../spi/index.js'
import type {
  BetweenPredicate,
  ComparisonExpression,
  InPredicate,
  IsNotNullPredicate,
  IsNullPredicate,
  LikePredicate,
  NodeBase,
} from '../parser/ast/index.js'
import {
  type Analysis,
  type Analyzed,
  analyze,
  analyzed,
  type ExpressionContext,
} from './analysis.js'
import { resolveCall } from './call-resolution.js'
import { coerceNoting, coerceToOneType } from './coercion-analysis.js'
import { semanticError } from './semantic-error.js'
import { analyzeInSubquery } from './subquery-analysis.js'

const needsOrder = (operator: ComparisonOperator): boolean =>
  operator !== '=' && operator !== '<>' && operator !== 'identical'

/** The type in which two values are compared; undefined where they can't be. */
export function comparisonType(
  operator: ComparisonOperator,
  left: SqlType,
  right: SqlType,
): SqlType | undefined {
  const common = commonSuperType(left, right)
  if (common === undefined || !isComparable(common)) return undefined
  return needsOrder(operator) && !isOrderable(common) ? undefined : common
}

/** @throws MillraceError TYPE_MISMATCH "Cannot apply operator: integer = varchar(1)" */
export function compare(
  operator: ComparisonOperator,
  left: Expression,
  right: Expression,
  node: NodeBase,
  analysis: Analysis,
): Expression {
  const type = comparisonType(operator, left.type, right.type)
  if (type === undefined) {
    const symbol = operator === 'identical' ? 'IS DISTINCT FROM' : operator
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `Cannot apply operator: ${typeName(left.type)} ${symbol} ${typeName(right.type)}`,
    )
  }
  return comparison(
    operator,
    coerceNoting(analysis, left, type),
    coerceNoting(analysis, right, type),
  )
}

export function analyzeComparison(
  node: ComparisonExpression,
  context: ExpressionContext,
): Expression {
  const left = analyze(node.left, context)
  const right = analyze(node.right, context)
  return node.operator === 'IS DISTINCT FROM'
    ? not(compare('identical', left, right, node, context.analysis))
    : compare(node.operator, left, right, node, context.analysis)
}

export function analyzeBetween(node: BetweenPredicate, context: ExpressionContext): Expression {
  const operands = [node.value, node.min, node.max].map((n) => analyze(n, context))
  const [value, min, max] = operands as [Expression, Expression, Expression]
  const type = commonSuperTypeOf(operands.map((o) => o.type))
  if (type === undefined || !isOrderable(type)) {
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `Cannot check if ${typeName(value.type)} is BETWEEN ${typeName(min.type)} and ${typeName(max.type)}`,
    )
  }
  const to = (e: Expression) => coerceNoting(context.analysis, e, type)
  return between(to(value), to(min), to(max))
}

export function analyzeInPredicate(node: InPredicate, context: ExpressionContext): Expression {
  const list = node.valueList
  if (list.kind === 'subqueryExpression') return analyzeInSubquery(node, list, context)
  const operands = [node.value, ...list.values].map((n) => analyzed(n, context))
  const [value, ...items] = coerceToOneType(
    context.analysis,
    operands,
    'IN value and list items must be the same type or coercible to a common type',
  )
  if (!isComparable(value!.type)) {
    throw semanticError('TYPE_MISMATCH', node, `${typeName(value!.type)} is not comparable`)
  }
  return inList(value!, items)
}

export const analyzeIsNull = (node: IsNullPredicate, context: ExpressionContext): Expression =>
  isNull(analyze(node.value, context))

export const analyzeIsNotNull = (
  node: IsNotNullPredicate,
  context: ExpressionContext,
): Expression => not(isNull(analyze(node.value, context)))

export function analyzeLike(node: LikePredicate, context: ExpressionContext): Expression {
  const value = characterOperand(analyzed(node.value, context), 'Left side of LIKE expression')
  const pattern = characterOperand(analyzed(node.pattern, context), 'Pattern for LIKE expression')
  const args = [value, pattern]
  if (node.escape !== undefined) {
    args.push(characterOperand(analyzed(node.escape, context), 'Escape for LIKE expression'))
  }
  return resolveCall('$like', args, node, context.analysis)
}

function characterOperand({ node, expression }: Analyzed, what: string): Expression {
  if (isCharacter(expression.type) || expression.type.kind === 'unknown') return expression
  throw semanticError(
    'TYPE_MISMATCH',
    node,
    `${what} must evaluate to a varchar (actual: ${typeName(expression.type)})`,
  )
}
