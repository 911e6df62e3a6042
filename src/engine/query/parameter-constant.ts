import type { ConstantExpression } from '../../expressions/ir.js'
import { parameterValue } from '../../values/parameter-value.js'

/**
 * What stands for a `?` in a plan.
 * @throws INVALID_PARAMETER_USAGE for values that have no meaning in SQL
 */
export function parameterConstant(value: unknown, position: number): ConstantExpression {
  const { type, carrier } = parameterValue(value, position)
  return { kind: 'constant', type, value: carrier }
}
