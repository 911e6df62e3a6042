import { scalarFunction } from '../../function-definition.js'
import { atOneScale, type Operation, onFloats, onIntegers } from './arithmetic.js'
import { DECIMAL_ADDITION } from './decimal-types.js'
import { TEMPORAL_ADDITION } from './temporal-arithmetic.js'

const ADD: Operation = {
  noun: 'addition',
  sign: '+',
  small: (left, right) => left + right,
  big: (left, right) => left + right,
}

export const add = scalarFunction({
  name: '$add',
  description: 'Adds numbers, or an interval to a date, time or interval',
  overloads: [
    ...onIntegers(ADD),
    ...onFloats(ADD.small),
    ...TEMPORAL_ADDITION,
    { ...DECIMAL_ADDITION, bind: atOneScale(ADD.big) },
  ],
})
