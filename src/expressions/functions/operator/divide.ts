import { divisionByZero } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { checkedDecimal, divideHalfUp, powerOfTen } from '../../value/decimal.js'
import { type Operation, onFloats, onIntegers, scaleOf } from './arithmetic.js'
import { DECIMAL_DIVISION } from './decimal-types.js'
import { INTERVAL_DIVISION } from './temporal-arithmetic.js'

const DIVIDE: Operation = {
  noun: 'division',
  sign: '/',
  small: (left, right) => (right === 0 ? divisionByZero() : Math.trunc(left / right) + 0),
  big: (left, right) => (right === 0n ? divisionByZero() : left / right),
}

export const divide = scalarFunction({
  name: '$divide',
  description:
    'Divides numbers, or an interval by a number; integers are truncated, decimals rounded',
  overloads: [
    ...onIntegers(DIVIDE),
    ...onFloats((left, right) => left / right),
    ...INTERVAL_DIVISION,
    {
      ...DECIMAL_DIVISION,
      bind: ({ argumentTypes, returnType }) => {
        const [left, right] = argumentTypes.map(scaleOf) as [number, number]
        const factor = powerOfTen(scaleOf(returnType) - left + right)
        return (a: bigint, b: bigint) =>
          b === 0n ? divisionByZero() : checkedDecimal(divideHalfUp(a * factor, b))
      },
    },
  ],
})
