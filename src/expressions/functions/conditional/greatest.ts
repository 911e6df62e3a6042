import type { Value } from '../../../spi/type/value.js'
import { type BoundCall, scalarFunction } from '../../function-definition.js'
import { orderOf } from '../../value/comparison.js'

/** NaN, in arrays and rows too, is neither the greatest nor the least, unless all are NaN. */
const extreme =
  (sign: 1 | -1) =>
  ({ returnType }: BoundCall) => {
    const order = orderOf(returnType, sign === 1 ? 'first' : 'last')
    return (...values: Value[]) =>
      values.reduce((best, value) => (sign * order(value, best) > 0 ? value : best))
  }

const overload = {
  args: ['E'],
  returns: 'E',
  typeVariables: ['E:orderable'],
  variableArity: true,
} as const

export const greatest = scalarFunction({
  name: 'greatest',
  description: 'The greatest of its arguments',
  overloads: [{ ...overload, bind: extreme(1) }],
})

export const least = scalarFunction({
  name: 'least',
  description: 'The least of its arguments',
  overloads: [{ ...overload, bind: extreme(-1) }],
})
