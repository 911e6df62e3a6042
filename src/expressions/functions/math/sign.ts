import { type ScalarOverload, scalarFunction } from '../../function-definition.js'
import { INTEGER_KINDS, onFloats } from './rounding.js'

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
