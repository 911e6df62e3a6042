import type { Value } from '../../../spi/type/value.js'
import type { BoundCall } from '../../function-definition.js'
import { orderOf } from '../../value/comparison.js'

/** NaN, in arrays and rows too, is neither the greatest nor the least, unless all are NaN. */
export const extreme =
  (sign: 1 | -1) =>
  ({ returnType }: BoundCall) => {
    const order = orderOf(returnType, sign === 1 ? 'first' : 'last')
    return (...values: Value[]) =>
      values.reduce((best, value) => (sign * order(value, best) > 0 ? value : best))
  }

export const overload = {
  args: ['E'],
  returns: 'E',
  typeVariables: ['E:orderable'],
  variableArity: true,
} as const
