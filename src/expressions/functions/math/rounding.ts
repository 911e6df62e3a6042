import type { DecimalType } from '../../../spi/type/type.js'
import type { IntegerKind } from '../../cast/to-number.js'
import type { BoundCall, ScalarOverload } from '../../function-definition.js'

export const INTEGER_KINDS: readonly IntegerKind[] = ['bigint', 'integer', 'smallint', 'tinyint']

export const scaleOf = ({ argumentTypes }: BoundCall): number =>
  (argumentTypes[0] as DecimalType).scale

/** Decimals lose their fraction; a digit is added where the value may be rounded up to it. */
export const withoutFraction = {
  args: ['decimal(p,s)'],
  returns: 'decimal(rp,0)',
  calculate: ({ p, s }: { readonly [name: string]: number }) => ({
    rp: Math.max(p! - s! + Math.min(s!, 1), 1),
  }),
} as const

export const onIntegers: readonly ScalarOverload[] = INTEGER_KINDS.map((type) => ({
  args: [type],
  returns: type,
  neverFails: true,
  evaluate: (value: number | bigint) => value,
}))

export const onFloats = (evaluate: (value: number) => number): readonly ScalarOverload[] =>
  ['double', 'real'].map((type) => ({
    args: [type],
    returns: type,
    neverFails: true,
    evaluate,
  }))

export const floorBigint = (value: bigint, unit: bigint): bigint => {
  const quotient = value / unit
  return value % unit < 0n ? quotient - 1n : quotient
}
