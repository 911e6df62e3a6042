import { commonSuperType } from '../../expressions/coercion.js'
import type { Expression } from '../../expressions/ir.js'
import {
  call,
  caseWhen,
  coalesce,
  comparison,
  lambda,
  nullConstant,
  nullIf,
  symbol,
} from '../../expressions/ir-build.js'
import { isDeterministic } from '../../expressions/ir-walk.js'
import { isComparable, type SqlType, typeName, UNKNOWN } from '../../spi/index.js'
import type {
  Expression as AstExpression,
  CoalesceExpression,
  IfExpression,
  NullIfExpression,
  SearchedCaseExpression,
  SimpleCaseExpression,
} from '../parser/ast/index.js'
import { type Analyzed, analyze, analyzed, type ExpressionContext } from './analysis.js'
import { coerceNoting, coerceToBoolean, coerceToOneType } from './coercion-analysis.js'
import { comparisonType } from './predicate-analysis.js'
import { semanticError } from './semantic-error.js'

export function analyzeCoalesce(node: CoalesceExpression, context: ExpressionContext): Expression {
  return coalesce(
    coerceToOneType(
      context.analysis,
      node.operands.map((operand) => analyzed(operand, context)),
      'All COALESCE operands must be the same type or coercible to a common type',
    ),
  )
}

export function analyzeIf(node: IfExpression, context: ExpressionContext): Expression {
  const condition = coerceToBoolean(
    context.analysis,
    analyzed(node.condition, context),
    'IF condition',
  )
  const result = analyze(node.trueValue, context)
  if (node.falseValue === undefined) {
    return caseWhen([{ condition, result }], nullConstant(result.type))
  }
  const otherwise = analyze(node.falseValue, context)
  const type = commonSuperType(result.type, otherwise.type)
  if (type === undefined) {
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `Result types for IF must be the same: ${typeName(result.type)} vs ${typeName(otherwise.type)}`,
    )
  }
  const { analysis } = context
  return caseWhen(
    [{ condition, result: coerceNoting(analysis, result, type) }],
    coerceNoting(analysis, otherwise, type),
  )
}

export function analyzeNullIf(node: NullIfExpression, context: ExpressionContext): Expression {
  const first = analyze(node.first, context)
  const second = analyze(node.second, context)
  const type = commonSuperType(first.type, second.type)
  if (type === undefined || !isComparable(type)) {
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `Types are not comparable with NULLIF: ${typeName(first.type)} vs ${typeName(second.type)}`,
    )
  }
  return nullIf(first, second, type)
}

const RESULTS = 'All CASE results must be the same type or coercible to a common type'

/** The WHEN and ELSE results in one type; the last stands for ELSE. */
function caseResults(
  whens: readonly { readonly result: AstExpression }[],
  otherwise: AstExpression | undefined,
  context: ExpressionContext,
): readonly Expression[] {
  const results: Analyzed[] = whens.map((when) => analyzed(when.result, context))
  if (otherwise !== undefined) results.push(analyzed(otherwise, context))
  const coerced = coerceToOneType(context.analysis, results, RESULTS)
  return otherwise === undefined ? [...coerced, nullConstant(coerced[0]!.type)] : coerced
}

export function analyzeSearchedCase(
  node: SearchedCaseExpression,
  context: ExpressionContext,
): Expression {
  const conditions = node.whenClauses.map((when) =>
    coerceToBoolean(context.analysis, analyzed(when.operand, context), 'CASE WHEN clause'),
  )
  const results = caseResults(node.whenClauses, node.defaultValue, context)
  return caseWhen(
    conditions.map((condition, i) => ({ condition, result: results[i]! })),
    results[results.length - 1]!,
  )
}

/** CASE x WHEN y: each comparison is made in the common type of all operands. */
export function analyzeSimpleCase(
  node: SimpleCaseExpression,
  context: ExpressionContext,
): Expression {
  const operand = analyze(node.operand, context)
  const whens = node.whenClauses.map((when) => analyzed(when.operand, context))
  let common: SqlType = operand.type.kind === 'unknown' ? UNKNOWN : operand.type
  for (const { node: whenNode, expression } of whens) {
    const type = comparisonType('=', common, expression.type)
    if (type === undefined) {
      throw semanticError(
        'TYPE_MISMATCH',
        whenNode,
        `CASE operand type does not match WHEN clause operand type: ${typeName(operand.type)} vs ${typeName(expression.type)}`,
      )
    }
    common = type
  }
  const results = caseResults(node.whenClauses, node.defaultValue, context)
  const compared = coerceNoting(context.analysis, operand, common)
  const over = (value: Expression): Expression =>
    caseWhen(
      whens.map(({ expression }, i) => ({
        condition: comparison('=', value, coerceNoting(context.analysis, expression, common)),
        result: results[i]!,
      })),
      results[results.length - 1]!,
    )
  return isDeterministic(compared) ? over(compared) : bindOnce(compared, over, context)
}

/** An expression over a value that is evaluated once for it. */
function bindOnce(
  value: Expression,
  over: (bound: Expression) => Expression,
  { analysis, lambdaDepth }: ExpressionContext,
): Expression {
  const name = `@l${lambdaDepth}_bound`
  const body = over(symbol(name, value.type))
  const resolved = analysis.registry.resolve('$bind', [
    value.type,
    { kind: 'lambda argument', resolve: () => body.type },
  ])
  return call(resolved, [value, lambda([{ name, type: value.type }], body)])
}
