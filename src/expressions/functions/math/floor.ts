import { scalarFunction } from '../../function-definition.js'
import { powerOfTen } from '../../value/decimal.js'
import { floorBigint, onFloats, onIntegers, scaleOf, withoutFraction } from './rounding.js'

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
