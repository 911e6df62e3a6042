import { MillraceError } from '../../spi/error.js'
import { asciiDigits, decimalText } from '../../values/number-text.js'

const POWERS: readonly bigint[] = Array.from({ length: 80 }, (_, i) => 10n ** BigInt(i))

export const powerOfTen = (exponent: number): bigint => POWERS[exponent] ?? 10n ** BigInt(exponent)

const absolute = (value: bigint): bigint => (value < 0n ? -value : value)

/** Divides rounding halves away from zero. @throws nothing; the divisor is not 0. */
export function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  const remainder = dividend % divisor
  if (2n * absolute(remainder) < absolute(divisor)) return quotient
  return dividend < 0n !== divisor < 0n ? quotient - 1n : quotient + 1n
}

/** Changes the scale of an unscaled value, rounding halves away from zero. */
export function rescale(unscaled: bigint, from: number, to: number): bigint {
  if (to >= from) return unscaled * powerOfTen(to - from)
  return divideHalfUp(unscaled, powerOfTen(from - to))
}

/** Tells whether an unscaled value has at most `precision` digits. */
export const fitsPrecision = (unscaled: bigint, precision: number): boolean =>
  absolute(unscaled) < powerOfTen(precision)

/** The result of arithmetic, checked to have at most 38 digits. @throws NUMERIC_VALUE_OUT_OF_RANGE */
export function checkedDecimal(unscaled: bigint): bigint {
  if (!fitsPrecision(unscaled, 38)) {
    throw new MillraceError('NUMERIC_VALUE_OUT_OF_RANGE', 'Decimal overflow')
  }
  return unscaled
}

/**
 * The text Java gives a decimal, with an exponent where the value has more than six zeros after the point: `1E-7`, `0E-10`.
 * @source BigDecimal.toString
 */
export function bigDecimalText(unscaled: bigint, scale: number): string {
  const digits = absolute(unscaled).toString()
  const exponent = digits.length - 1 - scale
  if (exponent >= -6) return decimalText(unscaled, scale)
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
  return `${unscaled < 0n ? '-' : ''}${digits[0]}${fraction}E${exponent}`
}

export interface ParsedDecimal {
  readonly unscaled: bigint
  readonly scale: number
}

/** Reads `12`, `-1.50`, `.5`, `1e-3`; undefined for anything else. The scale may be negative. */
export function parseDecimal(text: string): ParsedDecimal | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/.exec(asciiDigits(text))
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return undefined
  const digits = BigInt(whole + fraction)
  return {
    unscaled: sign === '-' ? -digits : digits,
    scale: fraction.length - Number(exponent),
  }
}

/** The nearest double of a decimal, correctly rounded. */
export const nearestDouble = (unscaled: bigint, scale: number): number =>
  scale === 0 ? Number(unscaled) : Number(`${unscaled}e${-scale}`)

/** The exact decimal expansion of a finite double. */
export function exactDecimalOfDouble(value: number): ParsedDecimal {
  const buffer = new DataView(new ArrayBuffer(8))
  buffer.setFloat64(0, value)
  const bits = buffer.getBigUint64(0)
  const exponentBits = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xf_ffff_ffff_ffffn
  const mantissa = exponentBits === 0 ? fraction : fraction | (1n << 52n)
  const exponent = (exponentBits === 0 ? 1 : exponentBits) - 1075
  const signed = value < 0 ? -mantissa : mantissa
  if (exponent >= 0) return { unscaled: signed << BigInt(exponent), scale: 0 }
  return { unscaled: signed * 5n ** BigInt(-exponent), scale: -exponent }
}
