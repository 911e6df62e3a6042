import { scalarFunction } from '../../function-definition.js'
import { powerOfTen } from '../../value/decimal.js'
import { onFloats, scaleOf } from './rounding.js'

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
