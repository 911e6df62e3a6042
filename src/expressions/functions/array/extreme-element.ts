import type { Value } from '../../../spi/type/value.js'
import type { BoundCall } from '../../function-definition.js'
import { orderOf } from '../../value/comparison.js'
import { elementType } from './element-type.js'

/** NULL where an element is NULL, or there is none; NaN, in arrays and rows too, only where there is nothing else. */
export const extreme = (sign: 1 | -1) => (call: BoundCall) => {
  const order = orderOf(elementType(call), sign === 1 ? 'first' : 'last')
  return (array: readonly Value[]): Value => {
    let best: Value = null
    for (const value of array) {
      if (value === null) return null
      if (best === null || sign * order(value, best) > 0) best = value
    }
    return best
  }
}

export const EXTREME = {
  args: ['array(T)'],
  returns: 'T',
  typeVariables: ['T:orderable'],
} as const
