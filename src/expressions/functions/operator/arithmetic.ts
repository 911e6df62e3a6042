import { MillraceError } from '../../../spi/error.js'
import type { DecimalType, SqlType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { divisionByZero, outOfRange } from '../../errors.js'
import {
  type BoundCall,
  type ScalarEvaluator,
  type ScalarOverload,
  scalarFunction,
} from '../../function-definition.js'
import { checkedDecimal, divideHalfUp, powerOfTen } from '../../value/decimal.js'
import {
  DECIMAL_ADDITION,
  DECIMAL_DIVISION,
  DECIMAL_MODULUS,
  DECIMAL_MULTIPLICATION,
} from './decimal-types.js'
import {
  INTERVAL_DIVISION,
  INTERVAL_MULTIPLICATION,
  TEMPORAL_ADDITION,
  TEMPORAL_SUBTRACTION,
} from './temporal-arithmetic.js'

interface Operation {
  readonly noun: string
  readonly sign: string
  readonly small: (left: number, right: number) => number
  readonly big: (left: bigint, right: bigint) => bigint
}

const ADD: Operation = {
  noun: 'addition',
  sign: '+',
  small: (left, right) => left + right,
  big: (left, right) => left + right,
}
const SUBTRACT: Operation = {
  noun: 'subtraction',
  sign: '-',
  small: (left, right) => left - right,
  big: (left, right) => left - right,
}
const MULTIPLY: Operation = {
  noun: 'multiplication',
  sign: '*',
  // An integer has no negative zero.
  small: (left, right) => left * right + 0,
  big: (left, right) => left * right,
}
const DIVIDE: Operation = {
  noun: 'division',
  sign: '/',
  small: (left, right) => (right === 0 ? divisionByZero() : Math.trunc(left / right) + 0),
  big: (left, right) => (right === 0n ? divisionByZero() : left / right),
}
const MODULUS: Operation = {
  noun: 'modulus',
  sign: '%',
  small: (left, right) => (right === 0 ? divisionByZero() : (left % right) + 0),
  big: (left, right) => (right === 0n ? divisionByZero() : left % right),
}

const MAX_BIGINT = 9_223_372_036_854_775_807n
const SMALL_LIMITS = { integer: 2_147_483_647, smallint: 32_767, tinyint: 127 } as const

const LIMIT_NAMES: Readonly<Record<string, string>> = {
  integer: 'MAX_INT for type integer',
  smallint: 'MAX_SHORT for type smallint',
  tinyint: 'MAX_BYTE',
}

/** The overloads on the four integer types; a result outside the type is an error. */
function onIntegers({ noun, sign, small, big }: Operation): ScalarOverload[] {
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

const onFloats = (evaluate: (left: number, right: number) => number): ScalarOverload[] => [
  { args: ['double', 'double'], returns: 'double', neverFails: true, evaluate },
  {
    args: ['real', 'real'],
    returns: 'real',
    neverFails: true,
    evaluate: (left: number, right: number) => Math.fround(evaluate(left, right)),
  },
]

const scaleOf = (type: SqlType): number => (type as DecimalType).scale

/** Makes an evaluator from the powers of ten that bring both operands to one scale. */
const atOneScale =
  (operation: (left: bigint, right: bigint) => bigint) =>
  ({ argumentTypes }: BoundCall) => {
    const [left, right] = argumentTypes.map(scaleOf) as [number, number]
    const leftFactor = powerOfTen(Math.max(0, right - left))
    const rightFactor = powerOfTen(Math.max(0, left - right))
    return (a: bigint, b: bigint) => checkedDecimal(operation(a * leftFactor, b * rightFactor))
  }

export const add = scalarFunction({
  name: '$add',
  description: 'Adds numbers, or an interval to a date, time or interval',
  overloads: [
    ...onIntegers(ADD),
    ...onFloats(ADD.small),
    ...TEMPORAL_ADDITION,
    { ...DECIMAL_ADDITION, bind: atOneScale(ADD.big) },
  ],
})

export const subtract = scalarFunction({
  name: '$subtract',
  description: 'Subtracts numbers, or an interval from a date, time or interval',
  overloads: [
    ...onIntegers(SUBTRACT),
    ...onFloats(SUBTRACT.small),
    ...TEMPORAL_SUBTRACTION,
    { ...DECIMAL_ADDITION, bind: atOneScale(SUBTRACT.big) },
  ],
})

export const multiply = scalarFunction({
  name: '$multiply',
  description: 'Multiplies numbers, or an interval by a number',
  overloads: [
    ...onIntegers(MULTIPLY),
    ...onFloats((left, right) => left * right),
    ...INTERVAL_MULTIPLICATION,
    {
      ...DECIMAL_MULTIPLICATION,
      evaluate: (left: bigint, right: bigint) => checkedDecimal(left * right),
    },
  ],
})

export const divide = scalarFunction({
  name: '$divide',
  description:
    'Divides numbers, or an interval by a number; integers are truncated, decimals rounded',
  overloads: [
    ...onIntegers(DIVIDE),
    ...onFloats((left, right) => left / right),
    ...INTERVAL_DIVISION,
    {
      ...DECIMAL_DIVISION,
      bind: ({ argumentTypes, returnType }) => {
        const [left, right] = argumentTypes.map(scaleOf) as [number, number]
        const factor = powerOfTen(scaleOf(returnType) - left + right)
        return (a: bigint, b: bigint) =>
          b === 0n ? divisionByZero() : checkedDecimal(divideHalfUp(a * factor, b))
      },
    },
  ],
})

const QUOTIENT_LIMIT = 1n << 128n

/** The quotient of the values at one scale has to fit in 128 bits without a sign. @source Trino Int128Math.remainder */
function remainderOfInt128(left: bigint, right: bigint): bigint {
  const remainder = MODULUS.big(left, right)
  const quotient = left / right
  if (quotient >= QUOTIENT_LIMIT || quotient <= -QUOTIENT_LIMIT) outOfRange('Decimal overflow')
  return remainder
}

const MODULUS_OVERLOADS: readonly ScalarOverload[] = [
  ...onIntegers(MODULUS),
  ...onFloats((left, right) => left % right),
  { ...DECIMAL_MODULUS, bind: atOneScale(remainderOfInt128) },
]

export const modulus = scalarFunction({
  name: '$modulus',
  description: 'The remainder of a division, with the sign of the dividend',
  overloads: MODULUS_OVERLOADS,
})

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

export const negation = scalarFunction({
  name: '$negation',
  description: 'Changes the sign of a number or interval',
  overloads: [
    {
      args: ['bigint'],
      returns: 'bigint',
      evaluate: (value: bigint) =>
        value < -MAX_BIGINT ? outOfRange(`bigint negation overflow: ${value}`) : -value,
    },
    ...Object.entries(SMALL_LIMITS).map(
      ([type, limit]): ScalarOverload => ({
        args: [type],
        returns: type,
        evaluate: (value: number) =>
          value < -limit ? outOfRange(`${type} negation overflow: ${value}`) : 0 - value,
      }),
    ),
    { args: ['double'], returns: 'double', neverFails: true, evaluate: (value: number) => -value },
    { args: ['real'], returns: 'real', neverFails: true, evaluate: (value: number) => -value },
    {
      args: ['interval day to second'],
      returns: 'interval day to second',
      evaluate: (value: bigint) => -value,
    },
    {
      args: ['interval year to month'],
      returns: 'interval year to month',
      evaluate: (value: number) => 0 - value,
    },
    {
      args: ['decimal(p,s)'],
      returns: 'decimal(p,s)',
      neverFails: true,
      evaluate: (value: bigint) => -value,
    },
  ],
})
