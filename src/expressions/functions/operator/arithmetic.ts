import { MillraceError } from '../../../spi/error.js'
import type { DecimalType, SqlType } from '../../../spi/type/type.js'
import { outOfRange } from '../../errors.js'
import type { BoundCall, ScalarOverload } from '../../function-definition.js'
import { checkedDecimal, powerOfTen } from '../../value/decimal.js'

export interface Operation {
  readonly noun: string
  readonly sign: string
  readonly small: (left: number, right: number) => number
  readonly big: (left: bigint, right: bigint) => bigint
}

export const MAX_BIGINT = 9_223_372_036_854_775_807n
export const SMALL_LIMITS = { integer: 2_147_483_647, smallint: 32_767, tinyint: 127 } as const

const LIMIT_NAMES: Readonly<Record<string, string>> = {
  integer: 'MAX_INT for type integer',
  smallint: 'MAX_SHORT for type smallint',
  tinyint: 'MAX_BYTE',
}

/** The overloads on the four integer types; a result outside the type is an error. */
export function onIntegers({ noun, sign, small, big }: Operation): ScalarOverload[] {
  const overflow = (type: string, left: number | bigint, right: number | bigint) => {
    if (sign === '/' && type !== 'bigint') {
      // The only quotient out of range; Trino finds it when it writes the value.
      const message = `Value ${-Number(left)} exceeds ${LIMIT_NAMES[type]}`
      throw new MillraceError('GENERIC_INTERNAL_ERROR', message)
    }
    return outOfRange(`${type} ${noun} overflow: ${left} ${sign} ${right}`)
  }
  const bigint: ScalarOverload = {
    args: ['bigint', 'bigint'],
    returns: 'bigint',
    evaluate: (left: bigint, right: bigint) => {
      const result = big(left, right)
      return result > MAX_BIGINT || result < -MAX_BIGINT - 1n
        ? overflow('bigint', left, right)
        : result
    },
  }
  const others = Object.entries(SMALL_LIMITS).map(
    ([type, limit]): ScalarOverload => ({
      args: [type, type],
      returns: type,
      evaluate: (left: number, right: number) => {
        const result = small(left, right)
        return result > limit || result < -limit - 1 ? overflow(type, left, right) : result
      },
    }),
  )
  return [bigint, ...others]
}

export const onFloats = (evaluate: (left: number, right: number) => number): ScalarOverload[] => [
  { args: ['double', 'double'], returns: 'double', neverFails: true, evaluate },
  {
    args: ['real', 'real'],
    returns: 'real',
    neverFails: true,
    evaluate: (left: number, right: number) => Math.fround(evaluate(left, right)),
  },
]

export const scaleOf = (type: SqlType): number => (type as DecimalType).scale

/** Makes an evaluator from the powers of ten that bring both operands to one scale. */
export const atOneScale =
  (operation: (left: bigint, right: bigint) => bigint) =>
  ({ argumentTypes }: BoundCall) => {
    const [left, right] = argumentTypes.map(scaleOf) as [number, number]
    const leftFactor = powerOfTen(Math.max(0, right - left))
    const rightFactor = powerOfTen(Math.max(0, left - right))
    return (a: bigint, b: bigint) => checkedDecimal(operation(a * leftFactor, b * rightFactor))
  }
