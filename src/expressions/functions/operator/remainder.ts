import { divisionByZero, outOfRange } from '../../errors.js'
import type { ScalarOverload } from '../../function-definition.js'
import { atOneScale, type Operation, onFloats, onIntegers } from './arithmetic.js'
import { DECIMAL_MODULUS } from './decimal-types.js'

const MODULUS: Operation = {
  noun: 'modulus',
  sign: '%',
  small: (left, right) => (right === 0 ? divisionByZero() : (left % right) + 0),
  big: (left, right) => (right === 0n ? divisionByZero() : left % right),
}

const QUOTIENT_LIMIT = 1n << 128n

/** The quotient of the values at one scale has to fit in 128 bits without a sign. @source Trino Int128Math.remainder */
function remainderOfInt128(left: bigint, right: bigint): bigint {
  const remainder = MODULUS.big(left, right)
  const quotient = left / right
  if (quotient >= QUOTIENT_LIMIT || quotient <= -QUOTIENT_LIMIT) outOfRange('Decimal overflow')
  return remainder
}

export const MODULUS_OVERLOADS: readonly ScalarOverload[] = [
  ...onIntegers(MODULUS),
  ...onFloats((left, right) => left % right),
  { ...DECIMAL_MODULUS, bind: atOneScale(remainderOfInt128) },
]
