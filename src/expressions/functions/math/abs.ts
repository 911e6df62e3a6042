import { outOfRange } from '../../errors.js'
import { type ScalarOverload, scalarFunction } from '../../function-definition.js'
import { checkedDecimal } from '../../value/decimal.js'
import { onFloats } from './rounding.js'

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
