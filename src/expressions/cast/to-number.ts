import { type DecimalType, isShortDecimal, type SqlType } from '../../spi/type/type.js'
import type { Value } from '../../spi/type/value.js'
import {
  asciiDigits,
  decimalText,
  javaDoubleText,
  javaRealText,
  parseDouble,
} from '../../values/number-text.js'
import { invalidCast, outOfRange } from '../errors.js'
import {
  divideHalfUp,
  exactDecimalOfDouble,
  fitsPrecision,
  nearestDouble,
  parseDecimal,
  powerOfTen,
  rescale,
} from '../value/decimal.js'

export type Cast = (value: Value) => Value

export type IntegerKind = 'tinyint' | 'smallint' | 'integer' | 'bigint'

const LIMITS: Readonly<Record<IntegerKind, bigint>> = {
  tinyint: 127n,
  smallint: 32_767n,
  integer: 2_147_483_647n,
  bigint: 9_223_372_036_854_775_807n,
}
/** Trino names INTEGER so in one message only. */
const TEXT_NAMES: Readonly<Record<IntegerKind, string>> = {
  tinyint: 'TINYINT',
  smallint: 'SMALLINT',
  integer: 'INT',
  bigint: 'BIGINT',
}

export const fitsInteger = (value: bigint, kind: IntegerKind): boolean =>
  value <= LIMITS[kind] && value >= -LIMITS[kind] - 1n

const carrier = (value: bigint, kind: IntegerKind): number | bigint =>
  kind === 'bigint' ? value : Number(value)

/** Rounds halves away from zero. */
export const roundHalfUp = (value: number): number =>
  value < 0 ? -roundPositive(-value) : roundPositive(value)

/** Math.round(0.49999999999999994) is 1: adding a half rounds up. */
function roundPositive(value: number): number {
  const floor = Math.floor(value)
  return value - floor >= 0.5 ? floor + 1 : floor
}

/** Casts to one of the integer types, or undefined where there is no such cast. */
export function castToInteger(from: SqlType, kind: IntegerKind): Cast | undefined {
  switch (from.kind) {
    case 'boolean':
      return (value) => carrier(value === true ? 1n : 0n, kind)
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return (value) => {
        const integer = BigInt(value as number | bigint)
        if (!fitsInteger(integer, kind)) outOfRange(`Out of range for ${kind}: ${integer}`)
        return carrier(integer, kind)
      }
    case 'double':
    case 'real':
      return floatToInteger(from.kind, kind)
    case 'decimal': {
      const divisor = powerOfTen(from.scale)
      return (value) => {
        const integer = divideHalfUp(value as bigint, divisor)
        if (!fitsInteger(integer, kind)) {
          invalidCast(`Cannot cast '${integer}' to ${kind.toUpperCase()}`)
        }
        return carrier(integer, kind)
      }
    }
    case 'varchar':
      return (value) => carrier(parseInteger(value as string, kind), kind)
    default:
      return undefined
  }
}

function parseInteger(text: string, kind: IntegerKind): bigint {
  const match = /^[\0- ]*([+-]?)(\p{Nd}+)[\0- ]*$/u.exec(text)
  const integer =
    match === null ? undefined : BigInt(match[1]!.replace('+', '') + asciiDigits(match[2]!))
  if (integer === undefined || !fitsInteger(integer, kind)) {
    return invalidCast(`Cannot cast '${text}' to ${TEXT_NAMES[kind]}`)
  }
  return integer
}

function floatToInteger(from: 'double' | 'real', kind: IntegerKind): Cast {
  const text = from === 'real' ? javaRealText : javaDoubleText
  return (value) => {
    const number = value as number
    if (kind === 'bigint') {
      const rounded = roundHalfUp(number)
      if (from === 'real' && Math.abs(rounded) >= 2 ** 63) return saturated(rounded)
      if (!(rounded >= -(2 ** 63) && rounded < 2 ** 63)) {
        invalidCast(`Unable to cast ${text(number)} to bigint`)
      }
      return BigInt(rounded)
    }
    if (Number.isNaN(number)) invalidCast(`Cannot cast ${from} NaN to ${kind}`)
    const rounded = roundHalfUp(number)
    const limit = Number(LIMITS[kind])
    if (rounded > limit || rounded < -limit - 1) {
      outOfRange(`Out of range for ${kind}: ${text(number)}`)
    }
    return rounded + 0
  }
}

/** A REAL too great for a BIGINT becomes its limit. @source Trino RealOperators.castToBigint */
const saturated = (value: number): bigint => (value > 0 ? LIMITS.bigint : -LIMITS.bigint - 1n)

/** Casts to DOUBLE or REAL. */
export function castToFloat(from: SqlType, to: 'double' | 'real'): Cast | undefined {
  const round = to === 'real' ? Math.fround : (value: number) => value
  switch (from.kind) {
    case 'boolean':
      return (value) => (value === true ? 1 : 0)
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'double':
    case 'real':
      return (value) => round(value as number)
    case 'bigint':
      return (value) => (to === 'real' ? realOfText(String(value)) : Number(value))
    case 'decimal':
      return (value) =>
        to === 'real'
          ? decimalToReal(value as bigint, from)
          : decimalToDouble(value as bigint, from)
    case 'varchar':
      return (value) => {
        const number = parseDouble(value as string)
        if (number === undefined)
          return invalidCast(`Cannot cast '${value}' to ${to.toUpperCase()}`)
        return to === 'real' && Number.isFinite(number) ? realOfText(value as string) : number
      }
    default:
      return undefined
  }
}

/** @source Trino DecimalConversions.shortDecimalToDouble: a division of what 64 bits hold, rounded twice; longer ones become the nearest */
const decimalToDouble = (value: bigint, type: DecimalType): number =>
  isShortDecimal(type) ? Number(value) / 10 ** type.scale : nearestDouble(value, type.scale)

/** @source Trino DecimalConversions.shortDecimalToReal: both sides of the division are rounded to REAL first */
function decimalToReal(value: bigint, type: DecimalType): number {
  if (!isShortDecimal(type)) return realOfText(decimalText(value, type.scale))
  return Math.fround(realOfText(String(value)) / Math.fround(10 ** type.scale))
}

/** The real nearest to a decimal text: rounding the nearest double again can be off by one where it lies on a tie. */
function realOfText(text: string): number {
  const double = parseDouble(text)!
  const real = Math.fround(double)
  if (real === double || !Number.isFinite(real)) return real
  const written = parseDecimal(text.trim().replace(/[fFdD]$/, ''))
  if (written === undefined) return real
  const other = Math.fround(double + (double - real))
  if (other === real || Math.abs(other - double) !== Math.abs(real - double)) return real
  const exact = exactDecimalOfDouble(double)
  const scale = Math.max(exact.scale, written.scale)
  const difference =
    rescale(written.unscaled, written.scale, scale) - rescale(exact.unscaled, exact.scale, scale)
  if (difference === 0n) return real
  return difference > 0n ? Math.max(real, other) : Math.min(real, other)
}

/** Casts to DECIMAL(precision, scale), rounding halves away from zero. */
export function castToDecimal(from: SqlType, to: DecimalType): Cast | undefined {
  const { precision, scale } = to
  const target = `DECIMAL(${precision}, ${scale})`
  const one = powerOfTen(scale)
  switch (from.kind) {
    case 'boolean':
      return (value) => {
        const unscaled = value === true ? one : 0n
        if (!fitsPrecision(unscaled, precision))
          invalidCast(`Cannot cast BOOLEAN '${value}' to ${target}`)
        return unscaled
      }
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return (value) => {
        const unscaled = BigInt(value as number | bigint) * one
        if (!fitsPrecision(unscaled, precision)) {
          invalidCast(`Cannot cast ${from.kind.toUpperCase()} '${value}' to ${target}`)
        }
        return unscaled
      }
    case 'decimal':
      return (value) => {
        const unscaled = rescale(value as bigint, from.scale, scale)
        if (!fitsPrecision(unscaled, precision)) {
          const text = decimalText(value as bigint, from.scale)
          invalidCast(
            `Cannot cast DECIMAL(${from.precision}, ${from.scale}) '${text}' to ${target}`,
          )
        }
        return unscaled
      }
    case 'double':
    case 'real':
      return floatToDecimal(from.kind, to, target)
    case 'varchar':
      return (value) => textToDecimal(value as string, to, target)
    default:
      return undefined
  }
}

function floatToDecimal(from: 'double' | 'real', to: DecimalType, target: string): Cast {
  const text = from === 'real' ? javaRealText : javaDoubleText
  return (value) => {
    const number = value as number
    const fail = () =>
      invalidCast(`Cannot cast ${from.toUpperCase()} '${text(number)}' to ${target}`)
    if (!Number.isFinite(number)) return fail()
    const { unscaled, scale } = parseDecimal(text(number))!
    const result = rescale(unscaled, scale, to.scale)
    return fitsPrecision(result, to.precision) ? result : fail()
  }
}

function textToDecimal(text: string, to: DecimalType, target: string): bigint {
  const parsed = parseDecimal(text)
  if (parsed === undefined) {
    return invalidCast(`Cannot cast VARCHAR '${text}' to ${target}. Value is not a number.`)
  }
  const tooLarge = () => invalidCast(`Cannot cast VARCHAR '${text}' to ${target}. Value too large.`)
  // Before powers of ten are taken of it, the exponent is compared with what can fit.
  const digits = parsed.unscaled.toString().length
  if (parsed.unscaled !== 0n && digits - parsed.scale > to.precision - to.scale + 2) {
    return tooLarge()
  }
  if (parsed.unscaled === 0n || parsed.scale - digits > to.scale + 1) return 0n
  const unscaled = rescale(parsed.unscaled, parsed.scale, to.scale)
  return fitsPrecision(unscaled, to.precision) ? unscaled : tooLarge()
}

/** Casts to BOOLEAN. */
export function castToBoolean(from: SqlType): Cast | undefined {
  switch (from.kind) {
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'double':
    case 'real':
      return (value) => value !== 0
    case 'bigint':
    case 'decimal':
      return (value) => value !== 0n
    case 'varchar':
      return (value) => {
        switch ((value as string).toLowerCase()) {
          case 'true':
          case 't':
          case '1':
            return true
          case 'false':
          case 'f':
          case '0':
            return false
        }
        return invalidCast(`Cannot cast '${value}' to BOOLEAN`)
      }
    default:
      return undefined
  }
}
