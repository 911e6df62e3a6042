import type { SignatureNumbers } from '../../function-definition.js'

/** Precision and scale of decimal arithmetic. @source Trino DecimalOperators */
const DECIMALS = {
  args: ['decimal(a_precision, a_scale)', 'decimal(b_precision, b_scale)'],
  returns: 'decimal(r_precision, r_scale)',
} as const

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
    return { r_precision: Math.min(38, precision), r_scale: scale }
  },
})

export const DECIMAL_ADDITION = signature(({ p1, s1, p2, s2 }) => ({
  precision: Math.max(p1 - s1, p2 - s2) + Math.max(s1, s2) + 1,
  scale: Math.max(s1, s2),
}))
export const DECIMAL_MULTIPLICATION = signature(({ p1, s1, p2, s2 }) => ({
  precision: p1 + p2,
  scale: s1 + s2,
}))
export const DECIMAL_DIVISION = signature(({ p1, s1, s2 }) => ({
  precision: p1 + s2 + Math.max(s2 - s1, 0),
  scale: Math.max(s1, s2),
}))
export const DECIMAL_MODULUS = signature(({ p1, s1, p2, s2 }) => ({
  precision: Math.min(p1 - s1, p2 - s2) + Math.max(s1, s2),
  scale: Math.max(s1, s2),
}))
