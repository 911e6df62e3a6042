import type { DecimalType } from '../../../spi/type/type.js'
import { fitsInteger, type IntegerKind, roundHalfUp } from '../../cast/to-number.js'
import { outOfRange } from '../../errors.js'
import { type ScalarOverload, scalarFunction } from '../../function-definition.js'
import { divideHalfUp, powerOfTen } from '../../value/decimal.js'
import { INTEGER_KINDS, onFloats, onIntegers, scaleOf, withoutFraction } from './rounding.js'

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
