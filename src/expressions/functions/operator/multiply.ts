import { scalarFunction } from '../../function-definition.js'
import { checkedDecimal } from '../../value/decimal.js'
import { type Operation, onFloats, onIntegers } from './arithmetic.js'
import { DECIMAL_MULTIPLICATION } from './decimal-types.js'
import { INTERVAL_MULTIPLICATION } from './temporal-arithmetic.js'

const MULTIPLY: Operation = {
  noun: 'multiplication',
  sign: '*',
  // An integer has no negative zero.
  small: (left, right) => left * right + 0,
  big: (left, right) => left * right,
}

export const multiply = scalarFunction({
  name: '$multiply',
  description: 'Multiplies numbers, or an interval by a number',
  overloads: [
    ...onIntegers(MULTIPLY),
    ...onFloats((left, right) => left * right),
    ...INTERVAL_MULTIPLICATION,
    {
      ...DECIMAL_MULTIPLICATION,
      evaluate: (left: bigint, right: bigint) => checkedDecimal(left * right),
    },
  ],
})
