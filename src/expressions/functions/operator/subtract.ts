import { scalarFunction } from '../../function-definition.js'
import { atOneScale, type Operation, onFloats, onIntegers } from './arithmetic.js'
import { DECIMAL_ADDITION } from './decimal-types.js'
import { TEMPORAL_SUBTRACTION } from './temporal-arithmetic.js'

const SUBTRACT: Operation = {
  noun: 'subtraction',
  sign: '-',
  small: (left, right) => left - right,
  big: (left, right) => left - right,
}

export const subtract = scalarFunction({
  name: '$subtract',
  description: 'Subtracts numbers, or an interval from a date, time or interval',
  overloads: [
    ...onIntegers(SUBTRACT),
    ...onFloats(SUBTRACT.small),
    ...TEMPORAL_SUBTRACTION,
    { ...DECIMAL_ADDITION, bind: atOneScale(SUBTRACT.big) },
  ],
})
