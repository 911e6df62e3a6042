import type { SqlType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import type { BoundCall } from '../../function-definition.js'
import { elementType } from './element-type.js'

export const setOperation =
  (operate: (left: readonly Value[], right: readonly Value[], type: SqlType) => Value) =>
  (call: BoundCall) => {
    const type = elementType(call)
    return (left: readonly Value[], right: readonly Value[]) => operate(left, right, type)
  }

export const TWO_ARRAYS = {
  args: ['array(E)', 'array(E)'],
  returns: 'array(E)',
  typeVariables: ['E:comparable'],
} as const
