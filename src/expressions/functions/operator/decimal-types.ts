import type { DecimalType, SqlType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import type { SignatureNumbers } from '../../function-definition.js'

/** Precision and scale of decimal arithmetic. @source Trino DecimalOperators */
const DECIMALS = {
  args: ['decimal(a_precision, a_scale)', 'decimal(b_precision, b_scale)'],
  returns: 'decimal(r_precision, r_scale)',
} as const

const DIGITS_MAX = 38

interface Operands {
  readonly p1: number
  readonly s1: number
  readonly p2: number
  readonly s2: number
}

const signature = (
  calculate: (operands: Operands) => { readonly precision: number; readonly scale: number },
) => ({
  ...DECIMALS,
  calculate: (numbers: SignatureNumbers): SignatureNumbers => {
    const { precision, scale } = calculate({
      p1: numbers['a_precision']!,
      s1: numbers['a_scale']!,
      p2: numbers['b_precision']!,
      s2: numbers['b_scale']!,
    })
    return { r_precision: Math.min(DIGITS_MAX, precision), r_scale: scale }
  },
})

/** A type with fewer digits than it may have has room for what any operands give. */
const hasRoom = (type: SqlType): boolean => (type as DecimalType).precision < DIGITS_MAX

const DECIMAL_SUM = signature(({ p1, s1, p2, s2 }) => ({
  precision: Math.max(p1 - s1, p2 - s2) + Math.max(s1, s2) + 1,
  scale: Math.max(s1, s2),
}))
const DECIMAL_PRODUCT = signature(({ p1, s1, p2, s2 }) => ({
  precision: p1 + p2,
  scale: s1 + s2,
}))
export const DECIMAL_ADDITION = { ...DECIMAL_SUM, neverFails: hasRoom }
export const DECIMAL_MULTIPLICATION = { ...DECIMAL_PRODUCT, neverFails: hasRoom }
/** The type has room for the dividend over the smallest divisor, 10^-s2. */
const DECIMAL_QUOTIENT = signature(({ p1, s1, s2 }) => ({
  precision: p1 + s2 + Math.max(s2 - s1, 0),
  scale: Math.max(s1, s2),
}))
export const DECIMAL_DIVISION = {
  ...DECIMAL_QUOTIENT,
  neverFails: (type: SqlType, [, divisor]: readonly (Value | undefined)[]): boolean =>
    hasRoom(type) && divisor !== undefined && divisor !== 0n,
}
export const DECIMAL_MODULUS = signature(({ p1, s1, p2, s2 }) => ({
  precision: Math.min(p1 - s1, p2 - s2) + Math.max(s1, s2),
  scale: Math.max(s1, s2),
}))
