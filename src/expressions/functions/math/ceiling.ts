import { scalarFunction } from '../../function-definition.js'
import { powerOfTen } from '../../value/decimal.js'
import { floorBigint, onFloats, onIntegers, scaleOf, withoutFraction } from './rounding.js'

export const ceiling = scalarFunction({
  name: 'ceiling',
  aliases: ['ceil'],
  description: 'The least integer not below a number',
  overloads: [
    ...onIntegers,
    ...onFloats(Math.ceil),
    {
      ...withoutFraction,
      bind: (call) => {
        const unit = powerOfTen(scaleOf(call))
        return (value: bigint) => -floorBigint(-value, unit)
      },
    },
  ],
})
