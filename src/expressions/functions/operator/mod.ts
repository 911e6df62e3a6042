import { MillraceError } from '../../../spi/error.js'
import type { Value } from '../../../spi/type/value.js'
import { type ScalarEvaluator, scalarFunction } from '../../function-definition.js'
import { MODULUS_OVERLOADS } from './remainder.js'

export const mod = scalarFunction({
  name: 'mod',
  description: 'The remainder of a division, with the sign of the dividend',
  overloads: MODULUS_OVERLOADS.map((overload) => ({
    ...overload,
    ...(overload.evaluate !== undefined && !/double|real/.test(overload.returns)
      ? { evaluate: uncheckedByZero(overload.evaluate) }
      : {}),
  })),
})

/** The function, unlike the operator, lets Java's error through where integers are divided by 0. */
function uncheckedByZero(evaluator: ScalarEvaluator): ScalarEvaluator {
  const modulo = evaluator as (left: number | bigint, right: number | bigint) => Value
  return (left: number | bigint, right: number | bigint) => {
    if (right === 0 || right === 0n) throw new MillraceError('GENERIC_INTERNAL_ERROR', '/ by zero')
    return modulo(left, right)
  }
}
