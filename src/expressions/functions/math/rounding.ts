import type { DecimalType } from '../../../spi/type/type.js'
import { fitsInteger, type IntegerKind, roundHalfUp } from '../../cast/to-number.js'
import { outOfRange } from '../../errors.js'
import { type BoundCall, type ScalarOverload, scalarFunction } from '../../function-definition.js'
import { checkedDecimal, divideHalfUp, powerOfTen } from '../../value/decimal.js'

const INTEGER_KINDS: readonly IntegerKind[] = ['bigint', 'integer', 'smallint', 'tinyint']

const scaleOf = ({ argumentTypes }: BoundCall): number => (argumentTypes[0] as DecimalType).scale

/** Decimals lose their fraction; a digit is added where the value may be rounded up to it. */
const withoutFraction = {
  args: ['decimal(p,s)'],
  returns: 'decimal(rp,0)',
  calculate: ({ p, s }: { readonly [name: string]: number }) => ({
    rp: Math.max(p! - s! + Math.min(s!, 1), 1),
  }),
} as const

const onIntegers: readonly ScalarOverload[] = INTEGER_KINDS.map((type) => ({
  args: [type],
  returns: type,
  neverFails: true,
  evaluate: (value: number | bigint) => value,
}))

const onFloats = (evaluate: (value: number) => number): readonly ScalarOverload[] =>
  ['double', 'real'].map((type) => ({
    args: [type],
    returns: type,
    neverFails: true,
    evaluate,
  }))

const floorBigint = (value: bigint, unit: bigint): bigint => {
  const quotient = value / unit
  return value % unit < 0n ? quotient - 1n : quotient
}

export const ceiling = scalarFunction({
  name: 'ceiling',
  aliases: ['ceil'],
  description: 'The least integer not below a number',
  overloads: [
    ...onIntegers,
    ...onFloats(Math.ceil),
    {
      ...withoutFraction,
      bind: (call) => {
        const unit = powerOfTen(scaleOf(call))
        return (value: bigint) => -floorBigint(-value, unit)
      },
    },
  ],
})

export const floor = scalarFunction({
  name: 'floor',
  description: 'The greatest integer not above a number',
  overloads: [
    ...onIntegers,
    ...onFloats(Math.floor),
    {
      ...withoutFraction,
      bind: (call) => {
        const unit = powerOfTen(scaleOf(call))
        return (value: bigint) => floorBigint(value, unit)
      },
    },
  ],
})

/** Rounds an integer to a multiple of a power of ten. */
function roundInteger(value: bigint, digits: number): bigint {
  if (digits >= 0) return value
  const unit = powerOfTen(-digits)
  return divideHalfUp(value, unit) * unit
}

const roundIntegerTo = (kind: IntegerKind) => (value: number | bigint, digits: number) => {
  if (digits >= 0) return value
  // No power of ten beyond a BIGINT is a unit to round to, whatever the value.
  if (digits < -18) outOfRange(`numerical overflow: ${value}`)
  const rounded = roundInteger(BigInt(value), digits)
  if (!fitsInteger(rounded, kind)) {
    outOfRange(
      kind === 'bigint' ? `numerical overflow: ${value}` : `Out of range for ${kind}: ${rounded}`,
    )
  }
  return kind === 'bigint' ? rounded : Number(rounded)
}

/** Rounds a double to digits as Trino does: by a power of ten, where that is one. A negative zero becomes 0. */
function roundDouble(value: number, digits: number): number {
  if (!Number.isFinite(value)) return value
  const factor = 10 ** digits
  if (factor === 0) return Number.NaN
  if (value === 0) return 0
  const rescaled = value * factor
  return Number.isFinite(rescaled) ? roundHalfUp(rescaled) / factor : value
}

export const round = scalarFunction({
  name: 'round',
  description: 'A number rounded, halves away from zero, to an integer or a number of digits',
  overloads: [
    ...onIntegers,
    ...INTEGER_KINDS.map(
      (type): ScalarOverload => ({
        args: [type, 'integer'],
        returns: type,
        evaluate: roundIntegerTo(type),
      }),
    ),
    ...onFloats((value) => roundDouble(value, 0)),
    {
      args: ['double', 'integer'],
      returns: 'double',
      neverFails: true,
      evaluate: roundDouble,
    },
    {
      args: ['real', 'integer'],
      returns: 'real',
      neverFails: true,
      evaluate: (value: number, digits: number) => Math.fround(roundDouble(value, digits)),
    },
    {
      ...withoutFraction,
      bind: (call) => {
        const unit = powerOfTen(scaleOf(call))
        return (value: bigint) => divideHalfUp(value, unit)
      },
    },
    {
      args: ['decimal(p,s)', 'integer'],
      returns: 'decimal(rp,s)',
      calculate: ({ p }) => ({ rp: Math.min(38, p! + 1) }),
      bind: (call) => {
        const scale = scaleOf(call)
        const isLong = (call.argumentTypes[0] as DecimalType).precision >= 18
        return (value: bigint, digits: number) => {
          if (digits >= scale) return value
          if (digits - scale < -38) return isLong ? outOfRange(`decimal overflow: ${value}`) : 0n
          const rounded = roundInteger(value, digits - scale)
          const magnitude = rounded < 0n ? -rounded : rounded
          if (magnitude >= powerOfTen(38)) outOfRange(`decimal overflow: ${value}`)
          return rounded
        }
      },
    },
  ],
})

const towardsZero = (value: bigint, unit: bigint): bigint => value - (value % unit)

export const truncate = scalarFunction({
  name: 'truncate',
  description: 'A number without its fraction, or without digits past a number of them',
  overloads: [
    ...onFloats(Math.trunc),
    {
      args: ['decimal(p,s)'],
      returns: 'decimal(rp,0)',
      calculate: ({ p, s }) => ({ rp: Math.max(p! - s!, 1) }),
      bind: (call) => {
        const unit = powerOfTen(scaleOf(call))
        return (value: bigint) => value / unit
      },
    },
    {
      args: ['decimal(p,s)', 'integer'],
      returns: 'decimal(p,s)',
      bind: (call) => {
        const scale = scaleOf(call)
        return (value: bigint, digits: number) => {
          if (digits >= scale) return value
          return scale - digits > 38 ? 0n : towardsZero(value, powerOfTen(scale - digits))
        }
      },
    },
  ],
})

export const sign = scalarFunction({
  name: 'sign',
  description: 'Minus one, zero or one by the sign of a number',
  overloads: [
    ...INTEGER_KINDS.map(
      (type): ScalarOverload => ({
        args: [type],
        returns: type,
        neverFails: true,
        evaluate:
          type === 'bigint'
            ? (value: bigint) => (value > 0n ? 1n : value < 0n ? -1n : 0n)
            : (value: number) => Math.sign(value),
      }),
    ),
    ...onFloats(Math.sign),
    {
      args: ['decimal(p,s)'],
      returns: 'decimal(1,0)',
      neverFails: true,
      evaluate: (value: bigint) => (value > 0n ? 1n : value < 0n ? -1n : 0n),
    },
  ],
})

const ABS_LIMITS: Readonly<Record<string, number>> = {
  integer: 2_147_483_647,
  smallint: 32_767,
  tinyint: 127,
}
const badAbs = (value: number | bigint, type: string): never =>
  outOfRange(`Value ${value} is out of range for abs(${type})`)

export const abs = scalarFunction({
  name: 'abs',
  description: 'A number without its sign',
  overloads: [
    {
      args: ['bigint'],
      returns: 'bigint',
      evaluate: (value: bigint) =>
        value === -9_223_372_036_854_775_808n
          ? badAbs(value, 'bigint')
          : value < 0n
            ? -value
            : value,
    },
    ...Object.entries(ABS_LIMITS).map(
      ([type, limit]): ScalarOverload => ({
        args: [type],
        returns: type,
        evaluate: (value: number) => (value < -limit ? badAbs(value, type) : Math.abs(value)),
      }),
    ),
    ...onFloats(Math.abs),
    {
      args: ['decimal(p,s)'],
      returns: 'decimal(p,s)',
      neverFails: true,
      evaluate: (value: bigint) => checkedDecimal(value < 0n ? -value : value),
    },
  ],
})
