import type { ConstantExpression, Expression } from '../../expressions/ir.js'
import { MillraceError } from '../../spi/index.js'
import type { GenericLiteral } from '../parser/ast/index.js'
import type { Analysis } from './analysis.js'

export function evaluateLiteral(
  expression: Expression,
  _node: GenericLiteral,
  _analysis: Analysis,
): Expression {
  return expression
}

export function evaluateConstant(expression: Expression, _analysis: Analysis): ConstantExpression {
  if (expression.kind === 'constant') return expression
  if (
    expression.kind === 'cast' &&
    expression.arg.kind === 'constant' &&
    expression.type.kind === 'double'
  ) {
    const { type, value } = expression.arg
    const scale = type.kind === 'decimal' ? 10 ** type.scale : 1
    return { kind: 'constant', type: expression.type, value: Number(value) / scale }
  }
  throw new MillraceError('NOT_SUPPORTED', 'Constant expression is not supported')
}
